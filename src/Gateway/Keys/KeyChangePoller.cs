using System.Diagnostics.CodeAnalysis;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>Learns of changes that other processes made to keys in the same database, twice a second, so that a revocation holds everywhere within one.</summary>
internal sealed partial class KeyChangePoller(IDbContextFactory<GatewayDb> dbs, KeyRing ring, StoreHealth health, TimeProvider time, ILogger<KeyChangePoller> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private long _seen;

    /// <summary>Before the port opens: whatever is older than this can't be in memory yet.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        _seen = await db.ChangeSequences.Select(s => s.Value).SingleAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryPollAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is done. Where it never began to listen, it would log this as a failure of its own.
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A poller that died of one bad row would leave revoked keys working here.")]
    private async Task TryPollAsync(CancellationToken cancel)
    {
        try
        {
            await PollAsync(cancel);
            health.Succeeded(StorePart.Reads);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            if (health.IsHealthy)
            {
                LogUnreachable(failure);
            }

            health.Failed(StorePart.Reads, failure);
        }
    }

    private async Task PollAsync(CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var since = _seen;
        await foreach (var row in db.Keys.AsNoTracking().Where(k => k.Change > since).OrderBy(k => k.Change).AsAsyncEnumerable().WithCancellation(cancel))
        {
            ring.Refresh(row);
            _seen = row.Change;
        }
    }

    [LoggerMessage(2101, LogLevel.Error, "The database can't be read. Keys in memory go on working; others get 503 until it can")]
    private partial void LogUnreachable(Exception failure);
}
