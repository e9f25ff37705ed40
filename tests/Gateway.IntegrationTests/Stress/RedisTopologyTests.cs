using System.Net;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>Redis as people run it in earnest: watched by a Sentinel, or as a cluster; and what happens there while calls are under way.</summary>
public sealed class RedisTopologyTests
{
    private const int Most = 300;
    private const int Callers = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Through_a_failover_that_a_sentinel_decides_a_hard_limit_holds()
    {
        await using var master = await RedisProcess.StartAsync();
        await using var replica = await RedisProcess.FollowAsync(master);
        await using var sentinel = await RedisProcess.WatchAsync("counters", master);
        await Eventually.IsTrueAsync(async () => (await sentinel.AskAsync("SENTINEL", "REPLICAS", "counters")).Contains($"{replica.Port}", StringComparison.Ordinal), Patience, Cancel);

        await HoldsAsync($"{sentinel.Address},serviceName=counters", async (crowd, _) =>
        {
            await master.KillAsync();
            await Eventually.IsTrueAsync(async () => (await replica.AskAsync("ROLE")).StartsWith("master", StringComparison.Ordinal), Patience, Cancel);
            await crowd.ServesAsync(50);
        });
    }

    [Fact]
    public async Task On_a_cluster_whose_slots_move_a_hard_limit_holds()
    {
        await using var first = await RedisProcess.StartAsync("--cluster-enabled", "yes");
        await using var second = await RedisProcess.StartAsync("--cluster-enabled", "yes");
        await using var third = await RedisProcess.StartAsync("--cluster-enabled", "yes");
        RedisProcess[] nodes = [first, second, third];
        var made = await first.AskAsync(["--cluster", "create", .. nodes.Select(node => node.Address), "--cluster-replicas", "0", "--cluster-yes"]);
        Assert.Contains("All 16384 slots covered", made, StringComparison.Ordinal);
        await Eventually.IsTrueAsync(async () => (await third.AskAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal), Patience, Cancel);

        // One node is named; the others are found.
        await HoldsAsync(first.Address, async (crowd, tag) =>
        {
            string[] keys = [$"gw:{{{tag}}}:c", $"gw:{{{tag}}}:v", $"gw:{{{tag}}}:l"];
            var slots = await Task.WhenAll(keys.Select(key => first.AskAsync("CLUSTER", "KEYSLOT", key)));
            Assert.Single(slots.Distinct());
            await MoveAsync(nodes, slots[0], keys);
            await crowd.ServesAsync(50);
        });
    }

    private static async Task HoldsAsync(string redis, Func<Crowd, string, Task> befallAsync)
    {
        using var database = PostgresDatabase.Create();
        await using var upstream = StressUpstream.Start();
        await using var fleet = new Fleet(2, upstream.BaseUrl, database.Settings, redis);
        await fleet.StartAsync();
        var team = (await fleet.MakeAsync("/admin/teams", $$"""{"name":"t","limits":[{"unit":"requests","limit":{{Most}},"per":"total"},{"unit":"concurrent","limit":10}]}""")).GetProperty("id").GetString() ?? "";
        var made = await fleet.MakeAsync("/admin/keys", $$"""{"name":"k","team_id":"{{team}}","limits":[{"unit":"tokens","limit":900000000,"per":"month"}]}""");
        var key = made.GetProperty("key").GetString() ?? "";
        await Eventually.IsTrueAsync(async () => await KnownAsync(fleet, key), Patience, Cancel);
        var audit = new LedgerAudit(database.ConnectionString);
        await using var crowd = new Crowd(fleet, [(key, true)], Callers / 2);
        await crowd.ServesAsync(100);

        await befallAsync(crowd, team);

        await Eventually.IsTrueAsync(async () => await audit.CallsAsync("1 = 1") >= Most, Patience, Cancel);
        await crowd.StopAsync();
        await Eventually.IsTrueAsync(async () => await audit.HeldAsync() == 0, Patience, Cancel);
        var calls = await audit.CallsAsync("1 = 1");
        Assert.InRange(calls, 1, Most);
        Assert.Empty(crowd.Surprises);
        Assert.InRange(await audit.MostAtOnceAsync("1 = 1"), 1, 10);
        var tokens = await audit.TokensAsync("1 = 1");
        for (var gateway = 0; gateway < 2; gateway++)
        {
            var asked = gateway;
            await Eventually.IsTrueAsync(async () => await fleet.StandingAsync(asked, key, "tokens", "900000000") == (tokens, 0), Patience, Cancel);
            await Eventually.IsTrueAsync(async () => await fleet.StandingAsync(asked, key, "requests", $"{Most}") == (calls, 0), Patience, Cancel);
        }
    }

    private static async Task<bool> KnownAsync(Fleet fleet, string key)
    {
        using var caller = fleet.Client(1, key);
        using var response = await caller.GetAsync(new Uri("/v1/key", UriKind.Relative), Cancel);
        return response.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>As resharding does it, to the node behind the one that has it.</summary>
    private static async Task MoveAsync(RedisProcess[] nodes, string slot, string[] keys)
    {
        var owners = await Task.WhenAll(nodes.Select(async node => (await node.AskAsync("CLUSTER", "COUNTKEYSINSLOT", slot)) != "0"));
        var from = Array.IndexOf(owners, true);
        var (source, target) = (nodes[from], nodes[(from + 1) % nodes.Length]);
        var (sourceId, targetId) = (await source.AskAsync("CLUSTER", "MYID"), await target.AskAsync("CLUSTER", "MYID"));
        await target.AskAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
        await source.AskAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);
        await source.AskAsync(["MIGRATE", "127.0.0.1", $"{target.Port}", "", "0", "5000", "KEYS", .. keys]);
        Assert.Equal("OK", await target.AskAsync("CLUSTER", "SETSLOT", slot, "NODE", targetId));
        Assert.Equal("OK", await source.AskAsync("CLUSTER", "SETSLOT", slot, "NODE", targetId));
        foreach (var node in nodes)
        {
            await node.AskAsync("CLUSTER", "SETSLOT", slot, "NODE", targetId);
        }
    }
}
