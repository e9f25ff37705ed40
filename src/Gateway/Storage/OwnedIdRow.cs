namespace Gateway.Storage;

/// <summary>An id that a provider made for one caller's key: a file, a batch, a stored response. Never deleted: an id that is gone at its provider stays its key's.</summary>
internal sealed class OwnedIdRow
{
    /// <summary>What it names: <c>file</c>, <c>batch</c> or <c>response</c>.</summary>
    public required string Kind { get; init; }

    public required string Id { get; init; }

    public required string KeyId { get; init; }

    public string? TeamId { get; init; }

    /// <summary>The provider that made it, and alone knows it.</summary>
    public required string Provider { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long Created { get; init; }

    /// <summary>Of a batch: the ledger's row that charges what it used; null until its results are known.</summary>
    public string? SettledBy { get; set; }

    /// <summary>When somebody began to charge it, Unix milliseconds; -1 once nothing is left to charge.</summary>
    public long? SettlingSince { get; set; }
}
