namespace Gateway.Ledger;

/// <summary>
/// One page of rows; <paramref name="Next"/> is where the following one begins, null where nothing is left to look at. A page that was searched for
/// may have fewer rows than were asked for, even none, and a next one all the same: so far the search went.
/// </summary>
internal sealed record LedgerPage(IReadOnlyList<LedgerEntry> Rows, LedgerCursor? Next);
