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

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    public bool AreShared => true;

    public string FenceOf(string tag) => tag;

    public Task StartAsync(CancellationToken cancel) => Task.CompletedTask;

    public async Task<QuotaShard?> BuildAsync(string tag, DistrustedShard? distrusted, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < BuildTime + BuildTime)
        {
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
                    return shard;
                }

                if (!failure.IsFenced)
                {
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

        return await MoveAsync(to.Tag, to.Epoch, to.Epoch, building: false, 0) ? (to, true) : (null, false);
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

    [LoggerMessage(5030, LogLevel.Warning, "The counters of {Tag} are rebuilt from the ledger ({Reason})")]
    private partial void LogRebuilding(string tag, StoreFailureKind reason);
}
