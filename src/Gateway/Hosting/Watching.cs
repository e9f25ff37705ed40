using Gateway.Ledger;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Telemetry;

namespace Gateway.Hosting;

/// <summary>Ties what the rooms know of themselves to the metrics, which know no room.</summary>
internal sealed class Watching(GatewayMetrics metrics, LedgerWriter ledger, SpendJournal journal, QuotaKeeper quotas, StoreHealth health, ModelCatalog catalog, IServiceProvider rooms) : IHostedService
{
    private const string Database = "database";
    private const string Redis = "redis";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.WatchStore(Database, () => health.IsHealthy);
        if (rooms.GetService<RedisWatch>() is { } redis)
        {
            metrics.WatchStore(Redis, () => redis.IsHealthy);
        }

        metrics.WatchLedgerQueue(() => ledger.QueuedRows);
        metrics.WatchReserved(() => quotas.Running.Sum(admission => admission.Ask.Estimate.Of(LimitUnit.Tokens)));
        metrics.Announce(catalog.Providers.Select(provider => provider.Name));
        journal.Tried += Tried;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        journal.Tried -= Tried;
        return Task.CompletedTask;
    }

    private void Tried(JournalCommit commit) => metrics.StoreCalled(Database, "write", commit.Duration);
}
