using Gateway.IntegrationTests.Infrastructure;
using Gateway.Quotas;
using StackExchange.Redis;
using Xunit;
using static Gateway.IntegrationTests.Quotas.QuotaWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Counters that Redis lost, brought back from the past or took over from elsewhere are not believed until they are rebuilt.</summary>
public sealed class FencingTests
{
    private const int Timeout = 30_000;
    private const int Most = 100;
    private static readonly QuotaShard Shard = new("team_1", 1);
    private static readonly Limit[] Limits = [LimitOf(LimitUnit.Requests, LimitPeriod.Total, Most), LimitOf(LimitUnit.Tokens, LimitPeriod.Minute, 1_000_000)];

    [Fact(Timeout = Timeout)]
    public async Task An_emptied_server_admits_nothing_until_it_is_rebuilt()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await server.ConnectAsync();
        var store = StoreOn(redis);
        await OpenAsync(store, Shard);
        await SpendAsync(store, Most, "req_before");

        await redis.GetServers()[0].FlushAllDatabasesAsync();

        Assert.Equal(StoreFailureKind.OtherEpoch, await FailureOfAReserveAsync(store));
        await RebuildAndExpectNothingLeftAsync(store);
    }

    [Theory(Timeout = Timeout)]
    [InlineData("c", "OtherEpoch")]
    [InlineData("v", "Incomplete")]
    [InlineData("l", "Incomplete")]
    public async Task A_single_lost_key_is_noticed(string key, string expected)
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await server.ConnectAsync();
        var store = StoreOn(redis);
        await OpenAsync(store, Shard);
        await SpendAsync(store, Most, "req_before");

        await redis.GetDatabase().KeyDeleteAsync($"gw:{{team_1}}:{key}");

        Assert.Equal(expected, $"{await FailureOfAReserveAsync(store)}");
        await RebuildAndExpectNothingLeftAsync(store);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_restart_from_an_old_dump_is_noticed()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await server.ConnectAsync();
        var store = StoreOn(redis);
        await OpenAsync(store, Shard);
        await RestartFromADumpOfHalfAsync(server, redis, store);

        Assert.Equal(StoreFailureKind.OtherServer, await FailureOfAReserveAsync(store));
        await RebuildAndExpectNothingLeftAsync(store);
    }

    [Fact(Timeout = Timeout)]
    public async Task Without_the_fence_an_old_dump_would_admit_past_the_limit()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await server.ConnectAsync();
        var unfenced = new QuotaScript(QuotaScript.Load().Text.Replace("marks[2] ~= replication_id", "false", StringComparison.Ordinal));
        var store = StoreOn(redis, unfenced);
        await OpenAsync(store, Shard);
        await RestartFromADumpOfHalfAsync(server, redis, store);

        var admittedAfter = await AdmittedOfAsync(store, Most, "req_after");

        Assert.Equal(Most / 2, admittedAfter);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_masters_first_replica_asks_for_a_rebuild_and_costs_nothing_else()
    {
        await using var master = await StartAsync(TestContext.Current.CancellationToken);
        await using var replica = await StartAsync(TestContext.Current.CancellationToken);
        await using var toMaster = await master.ConnectAsync();
        await using var toReplica = await replica.ConnectAsync();
        var store = StoreOn(toMaster);
        await OpenAsync(store, Shard);
        await SpendAsync(store, Most, "req_before");

        await FollowAsync(toReplica, master);

        Assert.Equal(StoreFailureKind.OtherServer, await FailureOfAReserveAsync(store));
        await RebuildAndExpectNothingLeftAsync(store);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_stale_replica_that_is_promoted_is_noticed()
    {
        await using var master = await StartAsync(TestContext.Current.CancellationToken);
        await using var replica = await StartAsync(TestContext.Current.CancellationToken);
        await using var toMaster = await master.ConnectAsync();
        await using var toReplica = await replica.ConnectAsync();
        // Before anything is counted: a master's first replica gives it a new replication id, which asks for a rebuild too.
        await FollowAsync(toReplica, master);
        var store = StoreOn(toMaster);
        await OpenAsync(store, Shard);
        await SpendAsync(store, Most / 2, "req_seen");
        await UntilAsync(async () => await toReplica.GetDatabase().HashGetAsync("gw:{team_1}:c", $"{Limits[0].Id}|0") == Most / 2);
        await toReplica.GetServers()[0].ExecuteAsync("REPLICAOF", "NO", "ONE");
        await SpendAsync(store, Most / 2, "req_unseen");

        // The old master lives on: the one that was rebuilt last must be the only one that answers for the new epoch.
        var promoted = StoreOn(toReplica);

        Assert.Equal(StoreFailureKind.OtherServer, await FailureOfAReserveAsync(promoted));
        await RebuildAndExpectNothingLeftAsync(promoted);
        Assert.Equal(StoreFailureKind.OtherEpoch, FailureOf(await store.ReadAsync(Shard with { Epoch = 2 }, Limits, TestContext.Current.CancellationToken)));
    }

    private static async Task<RedisServer> StartAsync(CancellationToken cancel)
    {
        var server = new RedisServer();
        await server.InitializeAsync().AsTask().WaitAsync(cancel);
        return server;
    }

    private static async Task RestartFromADumpOfHalfAsync(RedisServer server, ConnectionMultiplexer redis, RedisQuotaStore store)
    {
        await SpendAsync(store, Most / 2, "req_saved");
        await redis.GetServers()[0].ExecuteAsync("SAVE");
        await SpendAsync(store, Most / 2, "req_lost");
        await server.KillAsync();
        await server.StartAsync();
        await UntilAsync(async () => FailureOf(await store.ReadAsync(Shard, Limits, TestContext.Current.CancellationToken)) != StoreFailureKind.Unavailable);
    }

    private static Task FollowAsync(ConnectionMultiplexer replica, RedisServer master) => UntilAsync(async () =>
    {
        await replica.GetServers()[0].ExecuteAsync("REPLICAOF", "127.0.0.1", $"{master.Port}");
        return $"{await replica.GetServers()[0].ExecuteAsync("INFO", "replication")}".Contains("master_link_status:up", StringComparison.Ordinal);
    });

    private static async Task UntilAsync(Func<Task<bool>> happened)
    {
        while (!await happened())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task SpendAsync(RedisQuotaStore store, int requests, string prefix) =>
        Assert.Equal(requests, await AdmittedOfAsync(store, requests, prefix));

    private static async Task<int> AdmittedOfAsync(RedisQuotaStore store, int requests, string prefix)
    {
        var admitted = 0;
        for (var i = 0; i < requests; i++)
        {
            var answer = Value(await store.ReserveAsync(Shard, $"{prefix}_{i}", Lease, Limits, OneRequest, TestContext.Current.CancellationToken));
            admitted += answer is ReserveAnswer.Admitted ? 1 : 0;
        }

        return admitted;
    }

    private static async Task<StoreFailureKind?> FailureOfAReserveAsync(RedisQuotaStore store) =>
        FailureOf(await store.ReserveAsync(Shard, "req_after", Lease, Limits, OneRequest, TestContext.Current.CancellationToken));

    private static async Task RebuildAndExpectNothingLeftAsync(RedisQuotaStore store)
    {
        var rebuilt = Shard with { Epoch = 2 };
        await OpenAsync(store, rebuilt, new([new(Limits[0].Id, LimitPeriod.Total, 0, 0, Most)], []));
        var answer = Value(await store.ReserveAsync(rebuilt, "req_rebuilt", Lease, Limits, OneRequest, TestContext.Current.CancellationToken));
        Assert.IsType<ReserveAnswer.Refused>(answer);
    }
}
