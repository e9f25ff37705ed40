using Gateway.IntegrationTests.Infrastructure;
using StackExchange.Redis;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>Three gateway processes with a hundred callers each, killed again and again, while their Redis suffers all that a Redis can.</summary>
[Collection(Alone.Name)]
public sealed class StressTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();

    public ValueTask InitializeAsync() => _redis.InitializeAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public Task Limits_hold_to_the_token_while_gateways_die_and_redis_is_killed() => HoldAsync(saved: false, ReturnAsync);

    [Fact]
    public Task Limits_hold_to_the_token_while_gateways_die_and_redis_is_emptied() => HoldAsync(saved: false, async () =>
    {
        await using var admin = await _redis.ConnectAsync();
        await ServerOf(admin).FlushAllDatabasesAsync();
    });

    [Fact]
    public Task Limits_hold_to_the_token_while_gateways_die_and_redis_comes_back_with_what_it_had_long_ago() => HoldAsync(saved: true, ReturnAsync);

    [Fact]
    public async Task Limits_hold_to_the_token_while_gateways_die_and_a_stale_replica_is_promoted()
    {
        await using var master = await RedisProcess.StartAsync();
        await using var replica = await RedisProcess.FollowAsync(master);
        await using var world = await StressWorld.StartAsync($"{master.Address},{replica.Address}");
        await world.Crowd.ServesAsync(100);
        await world.Fleet.KillAndRestartAsync(0);
        await LeaveBehindAsync(replica);
        await world.Crowd.ServesAsync(100);

        await master.KillAsync();
        await replica.AskAsync("REPLICAOF", "NO", "ONE");
        await world.Crowd.ServesAsync(100);
        await world.HoldsAsync();
        await world.Fleet.KillAndRestartAsync(1);

        await world.ExhaustedAsync();
        await world.ExactAsync();
    }

    [Fact]
    public async Task Limits_hold_to_the_token_while_two_masters_answer()
    {
        await using var master = await RedisProcess.StartAsync();
        await using var replica = await RedisProcess.FollowAsync(master);
        await using var world = await StressWorld.StartAsync(master.Address);
        await world.Crowd.ServesAsync(100);
        await LeaveBehindAsync(replica);
        await world.Crowd.ServesAsync(100);

        await replica.AskAsync("REPLICAOF", "NO", "ONE");
        await Task.WhenAll(world.Fleet.KillAndRestartAsync(1, replica.Address), world.Fleet.KillAndRestartAsync(2, replica.Address));
        await world.Crowd.ServesAsync(100);
        await world.HoldsAsync();
        await world.ExhaustedAsync();
        // The split ends: whoever was on the wrong side comes over.
        await world.Fleet.KillAndRestartAsync(0, replica.Address);

        await world.ExactAsync();
    }

    /// <summary>The negative control: what the tests above rest on is what holds, and they would notice if it did not.</summary>
    [Fact]
    public async Task Without_the_fence_the_same_load_exceeds_its_limits_and_the_audit_says_so()
    {
        using var unfenced = UnfencedGateway.Make();
        await using var world = await StressWorld.StartAsync(_redis.Address, unfenced.Program);
        await world.Crowd.ServesAsync(50);
        await SaveAsync();
        await world.Crowd.ServesAsync(200);

        await ReturnAsync();

        await world.ExceedsAsync();
    }

    private async Task HoldAsync(bool saved, Func<Task> befallAsync)
    {
        await using var world = await StressWorld.StartAsync(_redis.Address);
        await world.Crowd.ServesAsync(100);
        await world.Fleet.KillAndRestartAsync(0);
        if (saved)
        {
            await SaveAsync();
        }

        await world.Crowd.ServesAsync(100);
        await befallAsync();
        await world.Crowd.ServesAsync(100);
        await world.HoldsAsync();
        await Task.WhenAll(world.Fleet.KillAndRestartAsync(1), befallAsync());

        await world.ExhaustedAsync();
        await world.ExactAsync();
    }

    /// <summary>It dies and is started again, with nothing or with what it had when it was saved.</summary>
    private async Task ReturnAsync()
    {
        await _redis.KillAsync();
        await _redis.StartAsync();
    }

    private async Task SaveAsync()
    {
        await using var admin = await _redis.ConnectAsync();
        await ServerOf(admin).ExecuteAsync("SAVE");
    }

    private static IServer ServerOf(ConnectionMultiplexer redis) => redis.GetServers()[0];

    /// <summary>It stays a replica with all it has, and hears of nothing new.</summary>
    private static async Task LeaveBehindAsync(RedisProcess replica) => await replica.AskAsync("REPLICAOF", "127.0.0.1", "1");
}
