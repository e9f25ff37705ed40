using System.Collections.Concurrent;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Gateway.Quotas;

/// <summary>
/// Counters that replicas share. Each team's have an epoch in the ledger; whoever finds the counters empty, restored or taken over raises it,
/// which ends all admissions under the old one, and then rebuilds them from the ledger. One at a time; the others wait for the result.
/// </summary>
internal sealed partial class SharedShards(
    IQuotaStore store, ShardLoader loader, SpendJournal journal, IDbContextFactory<GatewayDb> dbs, IOptions<QuotaOptions> options, TimeProvider time, ILogger<SharedShards> log)
    : IShardBuilder
{
    /// <summary>Ample for the open windows of a team; a builder that takes longer is taken for dead.</summary>
    private static readonly TimeSpan BuildTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a process that was overruled by another's rebuild lets that one be.</summary>
    private static readonly TimeSpan Truce = TimeSpan.FromSeconds(10);

    /// <summary>What shows that counters are in use: a call that was let in by them so lately and is not over.</summary>
    private static readonly TimeSpan InUse = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (long Epoch, long At)> _raised = new(StringComparer.Ordinal);
    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    public bool AreShared => true;

    public string FenceOf(string tag) => tag;

    public async Task StartAsync(CancellationToken cancel)
    {
        var share = new ShareWrite();
        journal.Add(share);
        await share.Done.WaitAsync(cancel);
    }

    public async Task<QuotaShard?> BuildAsync(string tag, DistrustedShard? distrusted, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < BuildTime + BuildTime)
        {
            if (await EpochAsync(ProcessShards.Fence, cancel) is not { Building: true })
            {
                LogTakenOver(tag);
                return null;
            }

            var known = await EpochAsync(tag, cancel);
            if (known is { Building: true } && known.BuildDeadline > Now)
            {
                await Task.Delay(Pause, time, cancel);
                continue;
            }

            var shard = new QuotaShard(tag, known?.Epoch ?? 0);
            // What was found wrong may have been put right by another by now: an epoch is raised only where the counters of the last one are no good.
            if (known is { Building: false })
            {
                var probe = await store.ReadAsync(shard, [], cancel);
                if (probe.TryGet(out _, out var failure))
                {
                    if (distrusted is not { Failure: { Kind: StoreFailureKind.Drifted } drifted } || distrusted.Shard != shard)
                    {
                        return shard;
                    }

                    failure = drifted;
                }

                if (!failure.IsFenced)
                {
                    return null;
                }

                if (WasOverruled(shard) && await IsInUseAsync(shard, cancel))
                {
                    LogOtherSide(tag);
                    return null;
                }

                LogRebuilding(tag, failure.Kind);
            }

            var (rebuilt, isOver) = await RebuildAsync(shard, shard with { Epoch = shard.Epoch + 1 }, cancel);
            if (isOver)
            {
                return rebuilt;
            }
        }

        return null;
    }

    public async Task<QuotaShard?> DetachAsync(string tag, CancellationToken cancel)
    {
        var known = await EpochAsync(tag, cancel);
        var detached = new QuotaShard(tag, (known?.Epoch ?? 0) + 1);
        return await MoveAsync(tag, detached.Epoch - 1, detached.Epoch, building: false, 0) ? detached : null;
    }

    /// <summary>
    /// Where a partition leaves two masters, each side finds its own counters outdated and would raise the epoch in turn for ever: safe, but
    /// nobody would get on. A process whose rebuild was undone by another's at once stands back while the other side admits calls.
    /// </summary>
    private bool WasOverruled(QuotaShard found) =>
        _raised.TryGetValue(found.Tag, out var mine) && found.Epoch > mine.Epoch && time.GetElapsedTime(mine.At) < Truce;

    private async Task<bool> IsInUseAsync(QuotaShard shard, CancellationToken cancel)
    {
        var lately = Now - (long)InUse.TotalMilliseconds;
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.Reservations.AsNoTracking().AnyAsync(r => r.Tag == shard.Tag && r.Epoch == shard.Epoch && r.Created > lately, cancel);
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<(QuotaShard? Shard, bool IsOver)> RebuildAsync(QuotaShard from, QuotaShard to, CancellationToken cancel)
    {
        if (!await MoveAsync(to.Tag, from.Epoch, to.Epoch, building: true, Now + (long)BuildTime.TotalMilliseconds))
        {
            return (null, false);
        }

        if (await loader.OpenAsync(to, _lease, cancel) is { } failure)
        {
            // Others need not wait for this process to be taken for dead.
            await MoveAsync(to.Tag, to.Epoch, to.Epoch, building: true, 0);
            return (null, !failure.IsFenced);
        }

        if (!await MoveAsync(to.Tag, to.Epoch, to.Epoch, building: false, 0))
        {
            return (null, false);
        }

        _raised[to.Tag] = (to.Epoch, time.GetTimestamp());
        return (to, true);
    }

    private Task<bool> MoveAsync(string tag, long from, long to, bool building, long deadline)
    {
        var move = new EpochWrite(tag, from, to, building, deadline);
        journal.Add(move);
        return move.Done;
    }

    private async Task<QuotaEpochRow?> EpochAsync(string tag, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.QuotaEpochs.AsNoTracking().SingleOrDefaultAsync(e => e.Tag == tag, cancel);
    }

    [LoggerMessage(5032, LogLevel.Error, "The counters of {Tag} can't be used: a gateway without Gateway:Redis:Configuration was started on this database after this one, and counts in itself. Give all gateways the same setting, and restart them")]
    private partial void LogTakenOver(string tag);

    [LoggerMessage(5031, LogLevel.Error, "The counters of {Tag} are in use by a gateway that reaches another Redis master: this one stands back. Two masters answer; see that all gateways reach the same")]
    private partial void LogOtherSide(string tag);

    [LoggerMessage(5030, LogLevel.Warning, "The counters of {Tag} are rebuilt from the ledger ({Reason})")]
    private partial void LogRebuilding(string tag, StoreFailureKind reason);
}
