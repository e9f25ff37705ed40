using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Xunit;
using static Gateway.IntegrationTests.Quotas.KeeperWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Gateways that count in themselves and gateways that count in Redis, on one database by mistake: the last that starts decides, and no limit is counted twice over.</summary>
public class OwnershipTests : IAsyncLifetime
{
    private static readonly Limit Total = LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 100);
    private readonly TempFolder _folder = new();
    private readonly RedisServer _redis = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _redis.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Who_counts_in_redis_admits_nothing_once_a_process_counts_in_itself_on_the_same_database()
    {
        await using var shared = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: _redis.Address);
        Record(shared, await AdmitAsync(shared, Total), Estimate);
        await DrainedAsync(shared);

        await using var alone = await StoreProcess.StartAsync(_folder.Path, Cancel);

        Assert.False(await IsLetInAsync(shared, Total));
        Assert.False(await IsLetInAsync(shared, LimitOf(LimitUnit.Requests, LimitPeriod.Total, 5)));
        var next = await AdmitAsync(alone, Total);
        Assert.True(await next.Committed);
        Assert.Equal(60, next.Figures[0].Counted);
        Record(alone, next, Estimate);
        await DrainedAsync(alone);
        Assert.False(await IsLetInAsync(shared, Total));
        Assert.Equal(60, LedgerTokens(_folder.DatabasePath));
    }

    [Fact]
    public async Task Who_counts_in_itself_admits_nothing_once_another_counts_in_redis_on_the_same_database()
    {
        await using var alone = await StoreProcess.StartAsync(_folder.Path, Cancel);
        Record(alone, await AdmitAsync(alone, Total), Estimate);
        await DrainedAsync(alone);

        await using var shared = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: _redis.Address);
        await using var replica = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: _redis.Address);

        Assert.False(await IsLetInAsync(alone, Total));
        foreach (var gateway in new[] { shared, replica })
        {
            var next = await AdmitAsync(gateway, Total);
            Assert.True(await next.Committed);
            Record(gateway, next, Estimate);
        }

        await DrainedAsync(shared);
        await DrainedAsync(replica);
        Assert.Equal(90, LedgerTokens(_folder.DatabasePath));
    }

    private static async Task<bool> IsLetInAsync(StoreProcess gateway, Limit limit)
    {
        if (await gateway.Quotas.AdmitAsync(Ask(limit), Cancel) is not AdmitAnswer.Admitted { Admission: var admission })
        {
            return false;
        }

        var committed = await admission.Committed;
        Record(gateway, admission, default);
        return committed;
    }
}
