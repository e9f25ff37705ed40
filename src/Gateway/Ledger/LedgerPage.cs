namespace Gateway.Ledger;

/// <summary>One page of rows, newest first; <paramref name="Next"/> is where the following one begins, null on the last.</summary>
internal sealed record LedgerPage(IReadOnlyList<LedgerEntry> Rows, LedgerCursor? Next);
