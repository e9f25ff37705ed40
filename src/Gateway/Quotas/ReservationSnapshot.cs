namespace Gateway.Quotas;

/// <summary>A reservation as the ledger shows it.</summary>
/// <param name="Id">The reservation's id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Lease">How much longer a held one lives unless renewed.</param>
/// <param name="Charges">What it is charged at, per limit; already part of the counters' sums, except for concurrent.</param>
internal sealed record ReservationSnapshot(string Id, ReservationState State, TimeSpan Lease, IReadOnlyList<ChargeSnapshot> Charges);
