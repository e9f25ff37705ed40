namespace Gateway.Quotas;

/// <summary>One search for trustworthy counters, begun by the first who asks; those who come after wait for it, or find what it found.</summary>
internal sealed class ShardSearch(Func<Task<QuotaShard?>> search)
{
    private readonly Lock _gate = new();
    private Task<QuotaShard?>? _running;
    private volatile FoundShard? _found;

    /// <summary>What was found; null before, or where nothing was.</summary>
    public QuotaShard? Found => _found?.Shard;

    public Task<QuotaShard?> RunAsync()
    {
        lock (_gate)
        {
            return _running ??= SearchAsync();
        }
    }

    private async Task<QuotaShard?> SearchAsync()
    {
        var found = await search();
        _found = found is { } shard ? new FoundShard(shard) : null;
        return found;
    }

    /// <summary>A reference, so that it is seen whole or not at all.</summary>
    private sealed record FoundShard(QuotaShard Shard);
}
