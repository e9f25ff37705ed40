namespace Gateway.Quotas;

/// <summary>Fills counters with what the ledger knows and opens them, under an epoch that is in force already.</summary>
internal sealed class ShardLoader(IQuotaStore store, LedgerSnapshots ledger)
{
    /// <returns>Null when the counters are open; else what they said.</returns>
    public async Task<StoreFailure?> OpenAsync(QuotaShard shard, TimeSpan lease, CancellationToken cancel)
    {
        if (Refusal(await store.BeginRebuildAsync(shard, cancel)) is { } refusal)
        {
            return refusal;
        }

        // Read only now that the epoch is in force: no reservation of an earlier one can be written any more.
        var snapshot = await ledger.ReadAsync(shard.Tag, lease, cancel);
        return Refusal(await store.LoadAsync(shard, snapshot, cancel)) ?? Refusal(await store.ActivateAsync(shard, cancel));
    }

    private static StoreFailure? Refusal(QuotaReply<bool> reply) =>
        reply.TryGet(out var done, out var failure)
            ? done ? null : new StoreFailure(StoreFailureKind.OtherEpoch, null, "Another rebuild has begun.")
            : failure;
}
