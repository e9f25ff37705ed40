using Gateway.Quotas;

namespace Gateway.IntegrationTests.Quotas;

public sealed class EmbeddedQuotaStoreTests : QuotaStoreContract
{
    private protected override async Task<IQuotaStore> OpenStoreAsync(CancellationToken cancel)
    {
        var store = new EmbeddedQuotaStore(QuotaWorld.Utc, Clock);
        await QuotaWorld.OpenAsync(store, Shard).WaitAsync(cancel);
        return store;
    }
}
