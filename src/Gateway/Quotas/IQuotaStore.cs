namespace Gateway.Quotas;

/// <summary>
/// Where counters live: in this process, or in Redis for all replicas. Both are the same state machine, held together by a
/// differential test. Every operation may be repeated: a repeat is answered as such and changes nothing.
/// Ids of reservations are ASCII letters, digits, <c>_</c>, <c>-</c> and <c>/</c>, at most 64. Limits of one call differ in id,
/// belong to the shard's team or key, and are at most 16.
/// </summary>
internal interface IQuotaStore
{
    /// <summary>Takes the estimate from all limits or from none. When cancelled, the reservation may exist: release it.</summary>
    ValueTask<QuotaReply<ReserveAnswer>> ReserveAsync(
        QuotaShard shard, string reservation, TimeSpan lease, IReadOnlyList<Limit> limits, Charge estimate, CancellationToken cancel);

    /// <summary>Replaces the estimate by what was spent, in the windows in which it was reserved. Only after the ledger has it.</summary>
    ValueTask<QuotaReply<EndAnswer>> SettleAsync(QuotaShard shard, string reservation, Charge spent, CancellationToken cancel);

    /// <summary>Gives everything back. Only where nothing was spent and the ledger can no longer get the reservation.</summary>
    ValueTask<QuotaReply<EndAnswer>> ReleaseAsync(QuotaShard shard, string reservation, CancellationToken cancel);

    /// <summary>Lets held reservations live for another lease from now, and tells where each stands, in the order asked.</summary>
    ValueTask<QuotaReply<IReadOnlyList<ReservationState>>> RenewAsync(
        QuotaShard shard, TimeSpan lease, IReadOnlyList<string> reservations, CancellationToken cancel);

    /// <summary>Expires leases that ran out (charged as reserved; concurrent slots come free) and lists what awaits reconciling.</summary>
    ValueTask<QuotaReply<SweepAnswer>> SweepAsync(QuotaShard shard, CancellationToken cancel);

    /// <summary>Says that the ledger shows these as expired; tells how many were waiting for it.</summary>
    ValueTask<QuotaReply<int>> AcknowledgeAsync(QuotaShard shard, IReadOnlyList<string> reservations, CancellationToken cancel);

    /// <summary>How limits stand.</summary>
    ValueTask<QuotaReply<IReadOnlyList<LimitFigure>>> ReadAsync(QuotaShard shard, IReadOnlyList<Limit> limits, CancellationToken cancel);

    /// <summary>Empties the shard for a rebuild under the shard's epoch. False: that or a later epoch is there already.</summary>
    ValueTask<QuotaReply<bool>> BeginRebuildAsync(QuotaShard shard, CancellationToken cancel);

    /// <summary>Loads a piece of the ledger's knowledge. False: another rebuild has begun since.</summary>
    ValueTask<QuotaReply<bool>> LoadAsync(QuotaShard shard, QuotaSnapshot piece, CancellationToken cancel);

    /// <summary>Opens the rebuilt counters. False: another rebuild has begun since.</summary>
    ValueTask<QuotaReply<bool>> ActivateAsync(QuotaShard shard, CancellationToken cancel);
}
