namespace Gateway.Quotas;

/// <summary>What a sweep found.</summary>
/// <param name="Swept">How much was due: leases, retentions and windows.</param>
/// <param name="Unreconciled">Reservations that expired and that the ledger has not been told of yet; 500 at most.</param>
internal sealed record SweepAnswer(int Swept, IReadOnlyList<string> Unreconciled);
