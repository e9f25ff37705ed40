using System.Collections.Concurrent;

namespace Gateway.Quotas;

/// <summary>Counters in this process, for a gateway without replicas. One lock per shard, held for microseconds and never over an await.</summary>
/// <param name="calendar">The days and months of calendar windows.</param>
/// <param name="time">The clock.</param>
/// <param name="retention">How long reservations that ended are remembered, in milliseconds.</param>
internal sealed class EmbeddedQuotaStore(QuotaCalendar calendar, TimeProvider time, long retention = QuotaWindows.Retention) : IQuotaStore
{
    /// <summary>
    /// What a gateway needs of its own: no message is lost on the way to counters in the same process, so nobody repeats one. What ended goes with the next
    /// call, before the garbage collector has to carry it along.
    /// </summary>
    public const long OwnRetention = 0;

    // As many as there are teams and keys with limits; each is the state itself, not a cache.
    private readonly ConcurrentDictionary<string, EmbeddedShard> _shards = new(StringComparer.Ordinal);

    public ValueTask<QuotaReply<ReserveAnswer>> ReserveAsync(
        QuotaShard shard, string reservation, TimeSpan lease, IReadOnlyList<Limit> limits, Charge estimate, CancellationToken cancel)
    {
        QuotaArguments.Check(reservation);
        QuotaArguments.Check(limits);
        return Fenced<ReserveAnswer>(shard, (state, now) => state.Reserve(reservation, (long)lease.TotalMilliseconds, limits, estimate, calendar, now));
    }

    public ValueTask<QuotaReply<EndAnswer>> SettleAsync(QuotaShard shard, string reservation, Charge spent, CancellationToken cancel)
    {
        QuotaArguments.Check(reservation);
        return Fenced(shard, (state, now) => state.Settle(reservation, spent, now));
    }

    public ValueTask<QuotaReply<EndAnswer>> ReleaseAsync(QuotaShard shard, string reservation, CancellationToken cancel)
    {
        QuotaArguments.Check(reservation);
        return Fenced(shard, (state, now) => state.Release(reservation, now));
    }

    public ValueTask<QuotaReply<IReadOnlyList<ReservationState>>> RenewAsync(
        QuotaShard shard, TimeSpan lease, IReadOnlyList<string> reservations, CancellationToken cancel) =>
        Fenced(shard, (state, now) => state.Renew((long)lease.TotalMilliseconds, reservations, now));

    public ValueTask<QuotaReply<SweepAnswer>> SweepAsync(QuotaShard shard, CancellationToken cancel) => Fenced(shard, (state, now) => state.Sweep(now));

    public ValueTask<QuotaReply<int>> AcknowledgeAsync(QuotaShard shard, IReadOnlyList<string> reservations, CancellationToken cancel) =>
        Fenced(shard, (state, now) => state.Acknowledge(reservations, now));

    public ValueTask<QuotaReply<IReadOnlyList<LimitFigure>>> ReadAsync(QuotaShard shard, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        QuotaArguments.Check(limits);
        return Fenced(shard, (state, now) => state.Read(limits, calendar, now));
    }

    public ValueTask<QuotaReply<bool>> BeginRebuildAsync(QuotaShard shard, CancellationToken cancel) =>
        Locked<bool>(shard, (state, _) => state.BeginRebuild(shard.Epoch));

    public ValueTask<QuotaReply<bool>> LoadAsync(QuotaShard shard, QuotaSnapshot piece, CancellationToken cancel) =>
        Locked<bool>(shard, (state, now) => state.Load(shard.Epoch, piece, now));

    public ValueTask<QuotaReply<bool>> ActivateAsync(QuotaShard shard, CancellationToken cancel) =>
        Locked<bool>(shard, (state, _) => state.Activate(shard.Epoch));

    /// <summary>The state of one shard, for tests to compare.</summary>
    internal EmbeddedShard StateOf(string tag) => _shards.GetOrAdd(tag, _ => new(retention));

    private ValueTask<QuotaReply<T>> Fenced<T>(QuotaShard shard, Func<EmbeddedShard, long, T> operation)
        where T : notnull =>
        Locked(shard, (state, now) => state.Fence(shard.Epoch, ref now) is { } failure ? failure : QuotaReply<T>.Of(operation(state, now)));

    private ValueTask<QuotaReply<T>> Locked<T>(QuotaShard shard, Func<EmbeddedShard, long, QuotaReply<T>> operation)
        where T : notnull
    {
        var state = StateOf(shard.Tag);
        lock (state.Gate)
        {
            return ValueTask.FromResult(operation(state, time.GetUtcNow().ToUnixTimeMilliseconds()));
        }
    }
}
