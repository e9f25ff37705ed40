namespace Gateway.Ledger;

/// <summary>One try to commit a group of rows.</summary>
internal readonly record struct LedgerCommit(int Rows, TimeSpan Duration, bool Succeeded);
