namespace Gateway.Quotas;

/// <summary>Why the counters could not be asked.</summary>
/// <param name="Kind">What to do about it.</param>
/// <param name="CurrentEpoch">The epoch the counters do have, for <see cref="StoreFailureKind.OtherEpoch"/>; null where they have none.</param>
/// <param name="Detail">For the log only.</param>
internal sealed record StoreFailure(StoreFailureKind Kind, long? CurrentEpoch, string Detail)
{
    /// <summary>Whether the counters must be rebuilt from the ledger, or read under a newer epoch, before they can be trusted.</summary>
    public bool IsFenced => Kind != StoreFailureKind.Unavailable;
}
