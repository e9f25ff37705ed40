namespace Gateway.Quotas;

/// <summary>Counters that can't be relied upon any more, and why.</summary>
internal sealed record DistrustedShard(QuotaShard Shard, StoreFailure Failure);
