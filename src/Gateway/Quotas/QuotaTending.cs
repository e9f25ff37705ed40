using System.Data.Common;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Gateway.Quotas;

/// <summary>
/// What must be done from time to time: running calls keep their leases, leases that ran out are settled in the ledger at what they had
/// reserved, and windows that are over are forgotten.
/// </summary>
internal sealed partial class QuotaTending(
    QuotaKeeper keeper, ShardDirectory shards, IQuotaStore store, SpendJournal journal, IDbContextFactory<GatewayDb> dbs, IOptions<QuotaOptions> options,
    TimeProvider time, ILogger<QuotaTending> log)
    : BackgroundService
{
    /// <summary>Reservations in one call of the counters: none may block others for long.</summary>
    private const int BatchSize = 500;

    /// <summary>Longer than a settlement takes on its way to counters that answer.</summary>
    private static readonly TimeSpan OutboxAge = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>One round. Tests call it; else the clock does, four times in a lease.</summary>
    internal async Task TendAsync(CancellationToken cancel)
    {
        try
        {
            await RenewAsync(cancel);
            if (shards.AreShared)
            {
                await ReplayAsync(cancel);
            }

            foreach (var tag in await TagsAsync(cancel))
            {
                await SweepAsync(tag, cancel);
            }
        }
        catch (DbException failure)
        {
            LogFailed(failure);
        }

        journal.Add(new TidyWrite(time.GetUtcNow()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_lease / 4, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TendAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task RenewAsync(CancellationToken cancel)
    {
        // Not renewed, even where the counters would still do it: whoever came back from a long pause must not win a race against who waits.
        keeper.StopLost();
        foreach (var calls in keeper.Running.GroupBy(admission => admission.Tag, StringComparer.Ordinal))
        {
            foreach (var batch in calls.Chunk(BatchSize))
            {
                if (shards.Known(calls.Key) is { } shard)
                {
                    var askedAt = time.GetTimestamp();
                    var reply = await store.RenewAsync(shard, _lease, [.. batch.Select(call => call.Ask.Request.Value)], cancel);
                    Heed(shard, reply);
                    Note(batch, reply, askedAt);
                }
            }
        }
    }

    private void Note(Admission[] calls, QuotaReply<IReadOnlyList<ReservationState>> reply, long askedAt)
    {
        if (!reply.TryGet(out var states, out _))
        {
            return;
        }

        for (var i = 0; i < calls.Length; i++)
        {
            if (states[i] == ReservationState.Held)
            {
                calls[i].Renewed(askedAt);
            }
            else if (states[i] == ReservationState.Expired)
            {
                keeper.Lose(calls[i]);
            }
        }
    }

    /// <summary>Settlements that the ledger has and the counters did not hear of, whichever process they came from. Repeating one changes nothing.</summary>
    private async Task ReplayAsync(CancellationToken cancel)
    {
        var old = (time.GetUtcNow() - OutboxAge).ToUnixTimeMilliseconds();
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var settled = await db.Reservations.AsNoTracking()
            .Where(r => r.Stage == (int)ReservationStage.Settled && r.Created < old).OrderBy(r => r.Created).Take(BatchSize).ToListAsync(cancel);
        foreach (var row in settled)
        {
            if (await shards.FindAsync(row.Tag, cancel) is { } shard)
            {
                var reply = await store.SettleAsync(shard, row.Id, new(row.InputTokens, row.OutputTokens, row.Requests, row.MicroDollars), cancel);
                Heed(shard, reply);
                if (reply.TryGet(out _, out _))
                {
                    journal.Add(new ForgetWrite(row.Id));
                }
            }
        }
    }

    /// <summary>Counters that this process uses, and those where the ledger shows something older than a lease: its process may be dead.</summary>
    private async Task<HashSet<string>> TagsAsync(CancellationToken cancel)
    {
        var old = (time.GetUtcNow() - _lease).ToUnixTimeMilliseconds();
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var left = await db.Reservations.AsNoTracking().Where(r => r.Created < old).Select(r => r.Tag).Distinct().ToListAsync(cancel);
        return [.. shards.Tags, .. left];
    }

    private async Task SweepAsync(string tag, CancellationToken cancel)
    {
        if (await shards.FindAsync(tag, cancel) is not { } shard)
        {
            return;
        }

        var reply = await store.SweepAsync(shard, cancel);
        Heed(shard, reply);
        if (!reply.TryGet(out var swept, out _))
        {
            return;
        }

        // A call of this process that lost its lease, as after a long pause, will have its own word.
        var expired = swept.Unreconciled.Where(id => !keeper.IsRunning(id)).ToList();
        if (expired.Count > 0)
        {
            await ReconcileAsync(shard, expired, cancel);
        }
    }

    private async Task ReconcileAsync(QuotaShard shard, List<string> expired, CancellationToken cancel)
    {
        var write = new ReconcileWrite(shard.Tag, expired, time.GetUtcNow());
        journal.Add(write);
        if (await write.Done.WaitAsync(cancel) is not { } orphans)
        {
            // The database is away: the next round finds them again.
            return;
        }

        foreach (var orphan in orphans)
        {
            Heed(shard, await store.ReleaseAsync(shard, orphan, cancel));
        }

        Heed(shard, await store.AcknowledgeAsync(shard, [.. expired.Except(orphans)], cancel));
        LogReconciled(expired.Count - orphans.Count, orphans.Count, shard.Tag);
    }

    private void Heed<T>(QuotaShard shard, QuotaReply<T> reply)
        where T : notnull
    {
        if (!reply.TryGet(out _, out var failure) && failure.IsFenced)
        {
            shards.Distrust(shard, failure);
        }
    }

    [LoggerMessage(5020, LogLevel.Warning, "Leases ran out at {Tag}: {Settled} calls settled at what they had reserved, {Orphans} that never began given back")]
    private partial void LogReconciled(int settled, int orphans, string tag);

    [LoggerMessage(5021, LogLevel.Error, "Leases can't be tended: the database failed")]
    private partial void LogFailed(Exception failure);
}
