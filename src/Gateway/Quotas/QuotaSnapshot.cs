namespace Gateway.Quotas;

/// <summary>What the ledger knows of one shard, for rebuilding its counters. May be handed over in pieces.</summary>
/// <param name="Counters">Sums per limit and window over all reservations, running ones included. Not for concurrent limits: those follow from the reservations.</param>
/// <param name="Reservations">Those that run, and those that ended within <see cref="QuotaWindows.Retention"/>, so that repeats are known as such.</param>
internal sealed record QuotaSnapshot(IReadOnlyList<CounterSnapshot> Counters, IReadOnlyList<ReservationSnapshot> Reservations);
