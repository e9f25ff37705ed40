namespace Gateway.Storage;

/// <summary>A secret that a key had before it was rotated, while it still works.</summary>
internal sealed class OldSecretRow
{
    /// <summary>SHA-256 of the whole secret.</summary>
    public required byte[] Hash { get; init; }

    public required string KeyId { get; init; }

    /// <summary>From when on it is refused, Unix milliseconds.</summary>
    public required long WorksUntil { get; init; }
}
