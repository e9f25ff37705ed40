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

    /// <summary>
    /// Rows a minute of calls without a valid key (401), so that a flood of them can't fill the disk; those beyond are counted in <c>gateway_requests_total</c> only, and
    /// the log says so once a minute. Every other call has its row. Default 1,000; 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int UnknownKeyRowsPerMinute { get; set; } = 1_000;
}
