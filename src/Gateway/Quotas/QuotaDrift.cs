namespace Gateway.Quotas;

/// <summary>How far counters are from the ledger.</summary>
/// <param name="Tokens">By how many tokens they are above it, over all limits that count tokens.</param>
/// <param name="IsAny">Whether any limit's differs, whatever it counts.</param>
internal readonly record struct QuotaDrift(long Tokens, bool IsAny);
