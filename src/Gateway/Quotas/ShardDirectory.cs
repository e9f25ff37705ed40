using System.Collections.Concurrent;
using System.Data.Common;

namespace Gateway.Quotas;

/// <summary>The counters this process has found trustworthy, and the way to find them: one search per team at a time, which all its calls wait for.</summary>
internal sealed partial class ShardDirectory(IShardBuilder builder, TimeProvider time, ILogger<ShardDirectory> log)
{
    /// <summary>How long counters that are being rebuilt are waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<string, ShardSearch> _shards = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, ShardSearch> _detached = new(StringComparer.Ordinal);

    public bool AreShared => builder.AreShared;

    /// <summary>Those found so far.</summary>
    public IEnumerable<string> Tags => _shards.Keys;

    public string FenceOf(string tag) => builder.FenceOf(tag);

    public Task StartAsync(CancellationToken cancel) => builder.StartAsync(cancel);

    /// <summary>What is known already, without looking.</summary>
    public QuotaShard? Known(string tag) => _shards.TryGetValue(tag, out var search) ? search.Found : null;

    /// <summary>The counters of a team, or of a key without one; null where they can't be had in time.</summary>
    public ValueTask<QuotaShard?> FindAsync(string tag, CancellationToken cancel) => FindAsync(tag, Patience, cancel);

    /// <inheritdoc cref="FindAsync(string, CancellationToken)"/>
    public async ValueTask<QuotaShard?> FindAsync(string tag, TimeSpan patience, CancellationToken cancel)
    {
        if (Known(tag) is { } known)
        {
            return known;
        }

        var search = _shards.GetOrAdd(tag, first => NewSearch(first, null));
        try
        {
            var found = await search.RunAsync().WaitAsync(patience, time, cancel);
            if (found is null)
            {
                _shards.TryRemove(new(tag, search));
            }

            return found;
        }
        catch (TimeoutException)
        {
            // The search goes on for those who come after.
            return null;
        }
    }

    /// <summary>Where to write reservations that no counters know; null where that can't be.</summary>
    public async ValueTask<QuotaShard?> FindDetachedAsync(string tag, CancellationToken cancel)
    {
        var search = _detached.GetOrAdd(tag, first => new(() => GuardedAsync(first, () => builder.DetachAsync(first, CancellationToken.None))));
        var found = await search.RunAsync().WaitAsync(cancel);
        if (found is null)
        {
            _detached.TryRemove(new(tag, search));
        }

        return found;
    }

    /// <summary>The counters were rebuilt, so that epoch is over.</summary>
    public void ForgetDetached(string tag) => _detached.TryRemove(tag, out _);

    /// <summary>These counters answered that they can't be relied upon: the next call looks anew.</summary>
    public void Distrust(QuotaShard shard, StoreFailure failure)
    {
        if (_shards.TryGetValue(shard.Tag, out var search) && search.Found == shard)
        {
            _shards.TryUpdate(shard.Tag, NewSearch(shard.Tag, new(shard, failure)), search);
        }
    }

    /// <summary>Shared counters were found to differ from the ledger: it is the one that is right, and running calls are in it, so a rebuild is safe at any time.</summary>
    public async Task MendAsync(string tag, CancellationToken cancel)
    {
        if (AreShared && Known(tag) is { } shard)
        {
            Distrust(shard, new(StoreFailureKind.Drifted, null, "The counters differ from the ledger."));
            await FindAsync(tag, cancel);
        }
    }

    private ShardSearch NewSearch(string tag, DistrustedShard? distrusted) =>
        new(() => GuardedAsync(tag, () => builder.BuildAsync(tag, distrusted, CancellationToken.None)));

    private async Task<QuotaShard?> GuardedAsync(string tag, Func<Task<QuotaShard?>> search)
    {
        try
        {
            // Off the caller's thread and token: others wait for it too.
            await Task.Yield();
            return await search();
        }
        catch (DbException fault)
        {
            LogFailed(fault, tag);
            return null;
        }
    }

    [LoggerMessage(5010, LogLevel.Error, "The counters of {Tag} can't be built from the ledger")]
    private partial void LogFailed(Exception fault, string tag);
}
