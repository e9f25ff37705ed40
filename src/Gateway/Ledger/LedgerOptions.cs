using System.ComponentModel.DataAnnotations;

namespace Gateway.Ledger;

/// <summary>The ledger's buffer: <c>Gateway:Ledger</c>.</summary>
public sealed class LedgerOptions
{
    /// <summary>How many rows may wait to be written. Default 10,000, about half a second of writing; 100 to 1,000,000. When it is full, calls are refused rather than rows lost.</summary>
    [Range(100, 1_000_000)]
    public int QueueRows { get; set; } = 10_000;
}
