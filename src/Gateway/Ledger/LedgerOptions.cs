using System.ComponentModel.DataAnnotations;

namespace Gateway.Ledger;

/// <summary>Settings of the ledger, under <c>Gateway:Ledger</c>.</summary>
public sealed class LedgerOptions
{
    /// <summary>
    /// Rows that may wait in memory for the database, calls under way included; a call beyond them gets 503 <c>store_unavailable</c>. Default 100,000; 100 to 10,000,000.
    /// </summary>
    /// <remarks>A row takes about 0.5 KB in memory: the default bridges ten seconds without a database at 10,000 calls a second, in 50 MB.</remarks>
    [Range(100, 10_000_000)]
    public int QueueRows { get; set; } = 100_000;
}
