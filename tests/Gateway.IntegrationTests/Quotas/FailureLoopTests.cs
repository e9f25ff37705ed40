using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;
using static Gateway.IntegrationTests.Quotas.KeeperWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>The same little story again and again, each time with the next call of the counters failing, until a run has none left to fail.</summary>
public class FailureLoopTests
{
    private static readonly Limit Total = LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000_000);
    private static readonly Limit AtOnce = LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 100);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whichever_call_of_the_counters_fails_nothing_stays_held_and_nothing_is_doubled(bool afterItHappened)
    {
        var failing = 0;
        while (await RunAsync(++failing, afterItHappened))
        {
        }

        Assert.True(failing > 8, $"Only {failing - 1} calls could fail.");
    }

    /// <returns>Whether there was such a call.</returns>
    private static async Task<bool> RunAsync(int failing, bool afterItHappened)
    {
        using var folder = new TempFolder();
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        var store = new FailingStore(new EmbeddedQuotaStore(QuotaWorld.Utc, clock)) { FailingCall = failing, AfterItHappened = afterItHappened };
        await using var process = await StoreProcess.StartAsync(folder.Path, Cancel, time: clock, change: services => services
            .Replace(ServiceDescriptor.Singleton<IQuotaStore>(store)).Replace(ServiceDescriptor.Singleton<IShardBuilder, SharedShards>()));

        await CallAsync(process, new(7, 4, 1, 0));
        await CallAsync(process, default);
        await CallAsync(process, new(30, 1, 1, 0));
        var ran = store.Calls;

        // All leases and waits are over, and everything that was missed is made good: some calls may fail in here, too.
        for (var round = 0; round < 4; round++)
        {
            clock.Advance(TimeSpan.FromSeconds(61));
            await process.Tending.TendAsync(Cancel);
            await DrainedAsync(process);
        }

        store.FailingCall = 0;
        var figures = await FiguresAsync(process, Total, AtOnce);
        Assert.True(figures[0].Counted == LedgerTokens(folder.DatabasePath), $"call {failing}: counted {figures[0].Counted}, in the ledger {LedgerTokens(folder.DatabasePath)}");
        Assert.Equal<long>([0, 0], figures.Select(figure => figure.Reserved));
        Assert.Equal(0, (long)(Sql.Scalar(folder.DatabasePath, "select count(*) from reservations where stage <> 1") ?? -1L));
        return failing <= ran;
    }

    private static async Task CallAsync(StoreProcess process, Charge spent)
    {
        if (await process.Quotas.AdmitAsync(Ask(Total, AtOnce), Cancel) is AdmitAnswer.Admitted { Admission: var admission })
        {
            Record(process, admission, await admission.Committed ? spent : default);
            await DrainedAsync(process);
        }
    }
}
