using Gateway.Ledger;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Telemetry;

namespace Gateway.Hosting;

/// <summary>Ties what the rooms know of themselves to the metrics, which know no room.</summary>
internal sealed class Watching(GatewayMetrics metrics, LedgerWriter ledger, SpendJournal journal, QuotaKeeper quotas, StoreHealth health, Routing routing, IServiceProvider rooms) : IHostedService
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
        metrics.WatchTargets(Targets);
        metrics.Announce(routing.Current.Providers.Select(provider => provider.Name));
        journal.Tried += Tried;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        journal.Tried -= Tried;
        return Task.CompletedTask;
    }

    private IEnumerable<(string Provider, string Model, bool IsHealthy)> Targets() =>
        from entry in routing.Current.Entries
        from target in entry.Group.Targets
        group target.Health by (Provider: target.Provider.Name, Model: entry.Name) into targets
        select (targets.Key.Provider, targets.Key.Model, targets.All(health => health.CoolingUntil() is null));

    private void Tried(JournalCommit commit) => metrics.StoreCalled(Database, "write", commit.Duration);
}
