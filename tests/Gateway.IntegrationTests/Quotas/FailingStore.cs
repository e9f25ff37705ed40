using Gateway.Quotas;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Counters of which one call fails: before it happens, or after, when only its answer is lost.</summary>
internal sealed class FailingStore(IQuotaStore inner) : IQuotaStore
{
    private int _calls;

    /// <summary>Which call fails, counted from 1; 0: none.</summary>
    public int FailingCall { get; set; }

    public bool AfterItHappened { get; set; }

    public int Calls => _calls;

    public ValueTask<QuotaReply<ReserveAnswer>> ReserveAsync(
        QuotaShard shard, string reservation, TimeSpan lease, IReadOnlyList<Limit> limits, Charge estimate, CancellationToken cancel) =>
        Call(() => inner.ReserveAsync(shard, reservation, lease, limits, estimate, cancel));

    public ValueTask<QuotaReply<EndAnswer>> SettleAsync(QuotaShard shard, string reservation, Charge spent, CancellationToken cancel) =>
        Call(() => inner.SettleAsync(shard, reservation, spent, cancel));

    public ValueTask<QuotaReply<EndAnswer>> ReleaseAsync(QuotaShard shard, string reservation, CancellationToken cancel) =>
        Call(() => inner.ReleaseAsync(shard, reservation, cancel));

    public ValueTask<QuotaReply<IReadOnlyList<ReservationState>>> RenewAsync(
        QuotaShard shard, TimeSpan lease, IReadOnlyList<string> reservations, CancellationToken cancel) => Call(() => inner.RenewAsync(shard, lease, reservations, cancel));

    public ValueTask<QuotaReply<SweepAnswer>> SweepAsync(QuotaShard shard, CancellationToken cancel) => Call(() => inner.SweepAsync(shard, cancel));

    public ValueTask<QuotaReply<int>> AcknowledgeAsync(QuotaShard shard, IReadOnlyList<string> reservations, CancellationToken cancel) =>
        Call(() => inner.AcknowledgeAsync(shard, reservations, cancel));

    public ValueTask<QuotaReply<IReadOnlyList<LimitFigure>>> ReadAsync(QuotaShard shard, IReadOnlyList<Limit> limits, CancellationToken cancel) =>
        Call(() => inner.ReadAsync(shard, limits, cancel));

    public ValueTask<QuotaReply<bool>> BeginRebuildAsync(QuotaShard shard, CancellationToken cancel) => Call(() => inner.BeginRebuildAsync(shard, cancel));

    public ValueTask<QuotaReply<bool>> LoadAsync(QuotaShard shard, QuotaSnapshot piece, CancellationToken cancel) => Call(() => inner.LoadAsync(shard, piece, cancel));

    public ValueTask<QuotaReply<bool>> ActivateAsync(QuotaShard shard, CancellationToken cancel) => Call(() => inner.ActivateAsync(shard, cancel));

    private async ValueTask<QuotaReply<T>> Call<T>(Func<ValueTask<QuotaReply<T>>> operation)
        where T : notnull
    {
        var fails = Interlocked.Increment(ref _calls) == FailingCall;
        if (fails && !AfterItHappened)
        {
            return new StoreFailure(StoreFailureKind.Unavailable, null, "Failed by the test before it happened.");
        }

        var reply = await operation();
        return fails ? new StoreFailure(StoreFailureKind.Unavailable, null, "Failed by the test after it happened.") : reply;
    }
}
