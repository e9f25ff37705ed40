using Gateway.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Quotas;

/// <summary>
/// Counters in this process. All have one epoch, which the start raised: whatever other process still runs on the same files can write no
/// reservation any more. They are filled from the ledger when first asked for, so a start takes as long with a million keys as with one.
/// </summary>
internal sealed class ProcessShards(ShardLoader loader, SpendJournal journal, IOptions<QuotaOptions> options, TimeProvider time) : IShardBuilder
{
    /// <summary>No team's or key's id.</summary>
    public const string Fence = "*";

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);
    private long _epoch;

    public bool AreShared => false;

    public string FenceOf(string tag) => Fence;

    public async Task StartAsync(CancellationToken cancel)
    {
        var start = new TakeOverWrite(Fence, null, time.GetUtcNow());
        journal.Add(start);
        _epoch = await start.Epoch.WaitAsync(cancel) ?? throw new InvalidOperationException("An epoch raised without a condition is raised.");
    }

    public async Task<QuotaShard?> BuildAsync(string tag, DistrustedShard? distrusted, CancellationToken cancel)
    {
        // Where a later process took over the files, the counters are as this one left them, and refuse to be built again: it is done admitting.
        if (distrusted is { Failure.Kind: StoreFailureKind.ClockWentBack } && distrusted.Shard.Epoch == Volatile.Read(ref _epoch))
        {
            await RaiseAsync(distrusted.Shard.Epoch, cancel);
        }

        var shard = new QuotaShard(tag, Volatile.Read(ref _epoch));
        return await loader.OpenAsync(shard, _lease, cancel) is null ? shard : null;
    }

    /// <summary>Counters in the process are never away.</summary>
    public Task<QuotaShard?> DetachAsync(string tag, CancellationToken cancel) => Task.FromResult<QuotaShard?>(null);

    /// <summary>The clock went back further than windows can bear: all counters are read anew, under an epoch of their own.</summary>
    private async Task RaiseAsync(long from, CancellationToken cancel)
    {
        var raise = new TakeOverWrite(Fence, from, null);
        journal.Add(raise);
        if (await raise.Epoch.WaitAsync(cancel) is { } epoch)
        {
            Interlocked.CompareExchange(ref _epoch, epoch, from);
        }
    }
}
