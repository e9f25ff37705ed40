namespace Gateway.Storage;

/// <summary>A caller's key as it is stored. Times are unix milliseconds; the secret is there only as its hash.</summary>
internal sealed class KeyRow
{
    public required string Id { get; init; }

    /// <summary>SHA-256 of the whole secret, 32 bytes.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>The secret's last four characters, to tell keys apart.</summary>
    public required string Hint { get; set; }

    public required string Name { get; set; }

    /// <summary>A JSON array of model names and patterns; null means every model.</summary>
    public string? Models { get; set; }

    /// <summary>The team it belongs to; null for none.</summary>
    public string? TeamId { get; set; }

    /// <summary>A JSON array of limits; null means none.</summary>
    public string? Limits { get; set; }

    /// <summary>A JSON object of strings.</summary>
    public required string Metadata { get; set; }

    /// <summary>Whether prompts and answers are kept; null where the team or the settings say.</summary>
    public bool? LogPrompts { get; set; }

    public long? ExpiresAt { get; set; }

    public required long CreatedAt { get; init; }

    public long? LastUsedAt { get; set; }

    public long? RevokedAt { get; set; }

    /// <summary>When it last got a new secret; null where it has its first.</summary>
    public long? RotatedAt { get; set; }

    /// <summary>The change sequence's value when an admin last changed this row: how other processes learn of it.</summary>
    public required long Change { get; set; }
}
