using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Gateway.IntegrationTests.Quotas.KeeperWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Two gateways, one ledger, one Redis; and everything that can happen to the Redis.</summary>
public class SharedCountersTests : IDisposable
{
    private const int Timeout = 60_000;
    private static readonly Limit Total = LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000_000);
    private static readonly Limit AtOnce = LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 1_000);
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = Timeout)]
    public async Task Two_gateways_count_as_one()
    {
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var first = await StartAsync(redis);
        await using var second = await StartAsync(redis);

        Record(first, await AdmitAsync(first, Total), new(7, 4, 1, 0));
        Record(second, await AdmitAsync(second, Total), new(1, 1, 1, 0));
        await DrainedAsync(first);
        await DrainedAsync(second);

        await CountedAsync(first, 13);
        await CountedAsync(second, 13);
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(Reservations(_folder.DatabasePath) == 0), TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact(Timeout = Timeout)]
    public async Task Emptied_under_calls_in_flight_the_counters_come_back_with_them()
    {
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync(redis);
        Record(gateway, await AdmitAsync(gateway, Total, AtOnce), new(7, 4, 1, 0));
        var running = await AdmitAsync(gateway, Total, AtOnce);
        Assert.True(await running.Committed);
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(gateway.Ledger.TakenSlots == 0), TimeSpan.FromSeconds(10), Cancel);

        await EmptyAsync(redis);
        var next = await AdmitAsync(gateway, Total, AtOnce);

        Assert.True(await next.Committed);
        Assert.Equal<long>([71, 2], next.Figures.Select(figure => figure.Counted));
        Record(gateway, running, new(1, 1, 1, 0));
        Record(gateway, next, new(1, 1, 1, 0));
        await DrainedAsync(gateway);
        await CountedAsync(gateway, 15);
        Assert.Equal(15, LedgerTokens(_folder.DatabasePath));
    }

    [Fact(Timeout = Timeout)]
    public async Task Brought_back_from_an_old_dump_the_counters_are_not_believed()
    {
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync(redis);
        await SpendAsync(gateway, 3);
        await using (var admin = await redis.ConnectAsync())
        {
            await admin.GetServers()[0].ExecuteAsync("SAVE");
        }

        await SpendAsync(gateway, 5);
        await redis.KillAsync();
        Assert.IsType<AdmitAnswer.Unavailable>(await gateway.Quotas.AdmitAsync(Ask(Total), Cancel));
        await redis.StartAsync();

        await CountedAsync(gateway, 8 * 30);
        await SpendAsync(gateway, 1);
        await CountedAsync(gateway, 9 * 30);
    }

    [Fact(Timeout = Timeout)]
    public async Task What_was_spent_while_redis_was_away_is_counted_when_it_is_back()
    {
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync(redis, clock);
        var running = await AdmitAsync(gateway, Total);
        Assert.True(await running.Committed);
        await PausedAsync(redis, async () =>
        {
            Record(gateway, running, new(7, 4, 1, 0));
            await DrainedAsync(gateway);
        });

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(Reservations(_folder.DatabasePath) <= 1), TimeSpan.FromSeconds(10), Cancel);
        clock.Advance(TimeSpan.FromSeconds(11));
        await Eventually.IsTrueAsync(
            async () =>
            {
                await gateway.Tending.TendAsync(Cancel);
                return Reservations(_folder.DatabasePath) == 0;
            },
            TimeSpan.FromSeconds(20),
            Cancel);

        await CountedAsync(gateway, 11);
    }

    [Theory(Timeout = Timeout)]
    [InlineData("allow", "Hard")]
    [InlineData("deny", "Soft")]
    public async Task Calls_that_may_pass_while_redis_is_away_are_counted_when_it_is_back(string onFailure, string mode)
    {
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var gateway = await StoreProcess.StartAsync(
            _folder.Path, Cancel, redis: redis.Address, change: services => services.PostConfigure<QuotaOptions>(options => options.Redis.OnFailure = onFailure));
        var limit = new Limit(LimitScope.Key, Key.Value, LimitUnit.Tokens, LimitPeriod.Total, null, Enum.Parse<LimitMode>(mode), 1_000_000);
        Record(gateway, await AdmitAsync(gateway, limit), new(7, 4, 1, 0));
        await DrainedAsync(gateway);
        Admission running;
        redis.Pause();
        try
        {
            running = await AdmitAsync(gateway, limit);
            Assert.True(await running.Committed);
            Record(gateway, await AdmitAsync(gateway, limit), new(1, 1, 1, 0));
        }
        finally
        {
            redis.Resume();
        }

        await Eventually.IsTrueAsync(
            async () => await gateway.Quotas.AdmitAsync(Ask(limit), Cancel) is AdmitAnswer.Admitted { Admission: var next }
                && await EndAsync(gateway, next) && next.Figures is [{ Counted: > 0 }],
            TimeSpan.FromSeconds(20),
            Cancel);
        Record(gateway, running, Estimate);
        await DrainedAsync(gateway);

        await Eventually.IsTrueAsync(
            async () => await gateway.Quotas.ReadAsync(Key.Value, [limit], Cancel) is [{ Reserved: 0, Counted: 43 }], TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal(43, LedgerTokens(_folder.DatabasePath));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_dead_replicas_call_is_settled_as_reserved_by_another()
    {
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var dead = await StartAsync(redis, leaseSeconds: 1);
        await using var alive = await StartAsync(redis, leaseSeconds: 1);
        var lost = await AdmitAsync(dead, Total, AtOnce);
        Assert.True(await lost.Committed);
        dead.Quotas.Abandon(lost);

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(LedgerTokens(_folder.DatabasePath) == 30), TimeSpan.FromSeconds(20), Cancel);

        Assert.Equal(0, Reservations(_folder.DatabasePath));
        Assert.Equal<long>([30, 0], (await FiguresAsync(alive, Total, AtOnce)).Select(figure => figure.Counted));
    }

    [Fact(Timeout = Timeout)]
    public async Task Neither_emptying_nor_killing_redis_under_load_lets_a_call_past_the_limit()
    {
        const int Most = 400;
        var hard = LimitOf(LimitUnit.Requests, LimitPeriod.Total, Most);
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var first = await StartAsync(redis, leaseSeconds: 1);
        await using var second = await StartAsync(redis, leaseSeconds: 1);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var callers = new[] { first, second }.SelectMany(gateway => Enumerable.Range(0, 20).Select(_ => CallUntilAsync(gateway, hard, done.Token))).ToArray();
        for (var round = 0; round < 3; round++)
        {
            await GrowsAsync();
            await EmptyAsync(redis);
            await GrowsAsync();
            await redis.KillAsync();
            await redis.StartAsync();
        }

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(Rows() >= Most), TimeSpan.FromSeconds(30), Cancel);
        await done.CancelAsync();
        await Task.WhenAll(callers);
        await DrainedAsync(first);
        await DrainedAsync(second);

        Assert.Equal(Most, Rows());
        await Eventually.IsTrueAsync(
            async () => await first.Quotas.ReadAsync(Key.Value, [hard], Cancel) is [{ Counted: Most, Reserved: 0 }], TimeSpan.FromSeconds(20), Cancel);
    }

    [Fact(Timeout = Timeout)]
    public async Task Gateways_that_reach_different_masters_do_not_undo_each_others_rebuilds_for_ever()
    {
        const int Most = 300;
        var hard = LimitOf(LimitUnit.Requests, LimitPeriod.Total, Most);
        await using var one = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var other = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var first = await StartAsync(one);
        await using var second = await StartAsync(other);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var callers = new[] { first, second }.SelectMany(gateway => Enumerable.Range(0, 10).Select(_ => CallUntilAsync(gateway, hard, done.Token))).ToArray();
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(Rows() >= Most), TimeSpan.FromSeconds(30), Cancel);
        await done.CancelAsync();
        await Task.WhenAll(callers);
        await DrainedAsync(first);
        await DrainedAsync(second);

        Assert.Equal(Most, Rows());
        Assert.InRange((long)(Sql.Scalar(_folder.DatabasePath, "select max(epoch) from quota_epochs") ?? 0L), 1, 8);
    }

    [Fact(Timeout = Timeout)]
    public async Task Whoever_waits_for_a_redis_that_hangs_is_told_within_two_seconds()
    {
        await using var redis = await StartRedisAsync(TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync(redis);
        await SpendAsync(gateway, 1);
        await PausedAsync(redis, async () =>
        {
            var started = TimeProvider.System.GetTimestamp();
            var known = gateway.Quotas.AdmitAsync(Ask(Total), Cancel).AsTask();
            var unknown = gateway.Quotas.AdmitAsync(Ask(Total) with { Key = new("key_00000000000000000000000000000002") }, Cancel).AsTask();

            Assert.All(await Task.WhenAll(known, unknown), answer => Assert.IsType<AdmitAnswer.Unavailable>(answer));
            // Twice the promise: tests share the processor.
            Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(4));
        });
    }

    private static async Task<bool> EndAsync(StoreProcess gateway, Admission admission)
    {
        await admission.Committed;
        Record(gateway, admission, default);
        return true;
    }

    private long Rows() => (long)(Sql.Scalar(_folder.DatabasePath, "select count(*) from requests where input_tokens > 0") ?? 0L);

    /// <summary>Some more calls are let through, or all have been.</summary>
    private async Task GrowsAsync()
    {
        var before = Rows();
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(Rows() >= Math.Min(400, before + 40)), TimeSpan.FromSeconds(20), Cancel);
    }

    private static async Task CallUntilAsync(StoreProcess gateway, Limit limit, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            if (await gateway.Quotas.AdmitAsync(Ask(limit), Cancel) is AdmitAnswer.Admitted { Admission: var admission })
            {
                Record(gateway, admission, await admission.Committed ? Estimate : default);
            }

            await Task.Yield();
        }
    }

    private async Task<StoreProcess> StartAsync(RedisServer redis, TimeProvider? time = null, int leaseSeconds = 60) => await StoreProcess.StartAsync(
        _folder.Path, Cancel, time: time, redis: redis.Address, change: services => services.PostConfigure<QuotaOptions>(options => options.LeaseSeconds = leaseSeconds));

    private static async Task<RedisServer> StartRedisAsync(CancellationToken cancel)
    {
        var server = new RedisServer();
        await server.InitializeAsync().AsTask().WaitAsync(cancel);
        return server;
    }

    private static async Task EmptyAsync(RedisServer redis)
    {
        await using var admin = await redis.ConnectAsync();
        await admin.GetServers()[0].FlushAllDatabasesAsync();
    }

    /// <summary>Redis runs on and answers nobody, as when the network is cut: nothing in it changes.</summary>
    private static async Task PausedAsync(RedisServer redis, Func<Task> meanwhile)
    {
        redis.Pause();
        try
        {
            await meanwhile();
        }
        finally
        {
            redis.Resume();
        }
    }

    private static async Task SpendAsync(StoreProcess gateway, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            await Eventually.IsTrueAsync(
                async () =>
                {
                    if (await gateway.Quotas.AdmitAsync(Ask(Total), Cancel) is not AdmitAnswer.Admitted { Admission: var admission })
                    {
                        return false;
                    }

                    Record(gateway, admission, await admission.Committed ? Estimate : default);
                    return true;
                },
                TimeSpan.FromSeconds(20),
                Cancel);
        }

        await DrainedAsync(gateway);
    }

    private static Task CountedAsync(StoreProcess gateway, long tokens) => Eventually.IsTrueAsync(
        async () => await gateway.Quotas.ReadAsync(Key.Value, [Total], Cancel) is [{ Reserved: 0 } figure] && figure.Counted == tokens, TimeSpan.FromSeconds(20), Cancel);
}
