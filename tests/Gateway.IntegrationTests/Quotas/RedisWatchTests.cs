using System.Net;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Gateway.Storage;
using StackExchange.Redis;
using Xunit;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>What the gateway finds out about its Redis server by itself, and tells its operator.</summary>
public sealed class RedisWatchTests : IDisposable
{
    private const int Timeout = 60_000;
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = Timeout)]
    public async Task A_server_that_can_keep_quotas_passes_and_is_left_as_it_was()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await server.ConnectAsync();

        Assert.Null(await TestOf(redis).RunAsync(Cancel));

        Assert.Equal(0, await redis.GetServers()[0].DatabaseSizeAsync());
    }

    [Fact(Timeout = Timeout)]
    public async Task A_server_that_may_throw_counters_away_is_used_with_a_warning()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var redis = await server.ConnectAsync();
        await redis.GetServers()[0].ConfigSetAsync("maxmemory-policy", "allkeys-lru");

        var lack = await TestOf(redis).RunAsync(Cancel);

        Assert.Equal((false, true), (lack?.IsFatal, lack?.Text.Contains("allkeys-lru", StringComparison.Ordinal)));
    }

    [Theory(Timeout = Timeout)]
    [InlineData("-@scripting", "'eval'")]
    [InlineData("-info", "may not run INFO")]
    [InlineData("-hset", "may not run HSET")]
    public async Task A_server_that_cannot_keep_quotas_stops_the_start_by_name_of_what_it_lacks(string rule, string named)
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using (var redis = await server.ConnectAsync())
        {
            await redis.GetServers()[0].ExecuteAsync("ACL", "SETUSER", "poor", "on", "nopass", "~*", "&*", "+@all", rule);
        }

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StoreProcess.StartAsync(_folder.Path, Cancel, redis: $"{server.Address},user=poor,password=any"));

        Assert.StartsWith("The Redis server of Gateway:Redis:Configuration can't keep quotas: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Timeout)]
    public async Task Readiness_and_metrics_name_a_redis_that_is_away_and_one_that_is_back()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await server.KillAsync();
        // A process of its own: gateways in one process would show each other's stores, since meters are found by their name.
        await using var gateway = GatewayProcess.Launch(_folder.Path, null, $"--Gateway:Redis:Configuration={server.Address}", "--Gateway:DiscoverProviders=false");
        using var client = new HttpClient { BaseAddress = gateway.Address };

        await ShowsAsync(client, HttpStatusCode.ServiceUnavailable, "\"redis\":\"unreachable\"", "gateway_store_healthy{store=\"redis\"} 0");

        await server.StartAsync();
        await ShowsAsync(client, HttpStatusCode.OK, "\"redis\":\"ok\"", "gateway_store_healthy{store=\"redis\"} 1");
    }

    [Fact(Timeout = Timeout)]
    public async Task A_redis_that_hangs_is_away_like_one_that_is_gone_and_stops_no_gateway()
    {
        await using var server = await StartAsync(TestContext.Current.CancellationToken);
        await using var gateway = await GatewayHost.StartAsync([$"--Gateway:Redis:Configuration={server.Address}"]);
        server.Pause();
        try
        {
            await Eventually.IsTrueAsync(
                async () => await ReadyAsync(gateway, "\"redis\":\"unreachable\"") == (HttpStatusCode.ServiceUnavailable, true), TimeSpan.FromSeconds(20), Cancel);
        }
        finally
        {
            server.Resume();
        }

        await Eventually.IsTrueAsync(async () => await ReadyAsync(gateway, "\"redis\":\"ok\"") == (HttpStatusCode.OK, true), TimeSpan.FromSeconds(20), Cancel);
    }

    private static RedisSelfTest TestOf(IConnectionMultiplexer redis) => new(redis, QuotaWorld.StoreOn(redis));

    private static async Task<(HttpStatusCode Status, bool Says)> ReadyAsync(GatewayHost gateway, string text)
    {
        using var response = await gateway.Admin.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel);
        return (response.StatusCode, (await response.Content.ReadAsStringAsync(Cancel)).Contains(text, StringComparison.Ordinal));
    }

    /// <summary>Waits until readiness and metrics both say so.</summary>
    private static Task ShowsAsync(HttpClient client, HttpStatusCode status, string check, string metric) => Eventually.IsTrueAsync(
        async () =>
        {
            try
            {
                using var ready = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel);
                return ready.StatusCode == status
                    && (await ready.Content.ReadAsStringAsync(Cancel)).Contains(check, StringComparison.Ordinal)
                    && (await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel)).Contains(metric, StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
                return false;
            }
        },
        TimeSpan.FromSeconds(45),
        Cancel);

    private static async Task<RedisServer> StartAsync(CancellationToken cancel)
    {
        var server = new RedisServer();
        await server.InitializeAsync().AsTask().WaitAsync(cancel);
        return server;
    }
}
