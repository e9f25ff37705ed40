using Gateway.Quotas;
using Xunit;
using static Gateway.IntegrationTests.Quotas.QuotaWorld;

namespace Gateway.IntegrationTests.Quotas;

public sealed class EmbeddedQuotaStoreTests : QuotaStoreContract
{
    [Fact(Timeout = 60_000)]
    public async Task A_gateway_forgets_an_ended_reservation_with_the_next_and_keeps_what_it_spent()
    {
        var cancel = TestContext.Current.CancellationToken;
        var store = new EmbeddedQuotaStore(Utc, Clock, EmbeddedQuotaStore.OwnRetention);
        await OpenAsync(store, Shard).WaitAsync(cancel);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000)];
        await ReserveAsync(store, "req_ended", limits, new(100, 400, 1, 0));
        await store.SettleAsync(Shard, "req_ended", new(100, 20, 1, 0), cancel);
        var known = Value(await store.SettleAsync(Shard, "req_ended", new(1, 1, 1, 0), cancel));
        await ReserveAsync(store, "req_next", limits, new(1, 1, 1, 0));

        var forgotten = Value(await store.SettleAsync(Shard, "req_ended", new(1, 1, 1, 0), cancel));

        Assert.Equal(EndResult.Duplicate, known.Result);
        Assert.Equal(EndResult.Unknown, forgotten.Result);
        Assert.Equal(122, Value(await store.ReadAsync(Shard, limits, cancel))[0].Counted);
    }

    private protected override async Task<IQuotaStore> OpenStoreAsync(CancellationToken cancel)
    {
        var store = new EmbeddedQuotaStore(Utc, Clock);
        await OpenAsync(store, Shard).WaitAsync(cancel);
        return store;
    }
}
