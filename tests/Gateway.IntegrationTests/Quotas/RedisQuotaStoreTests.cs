using Gateway.IntegrationTests.Infrastructure;
using Gateway.Quotas;
using StackExchange.Redis;
using Xunit;

namespace Gateway.IntegrationTests.Quotas;

public sealed class RedisQuotaStoreTests(RedisServer server) : QuotaStoreContract, IClassFixture<RedisServer>, IAsyncDisposable
{
    private ConnectionMultiplexer? _redis;

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    private protected override async Task<IQuotaStore> OpenStoreAsync(CancellationToken cancel)
    {
        _redis = await server.ConnectAsync();
        await ClockMovedAsync();
        var store = QuotaWorld.StoreOn(_redis, QuotaWorld.OnTestClock(), Clock);
        await QuotaWorld.OpenAsync(store, Shard).WaitAsync(cancel);
        return store;
    }

    private protected override async Task ClockMovedAsync()
    {
        if (_redis is not null)
        {
            await _redis.GetDatabase().StringSetAsync(QuotaWorld.ClockKey, Clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }
}
