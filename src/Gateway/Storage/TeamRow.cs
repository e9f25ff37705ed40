namespace Gateway.Storage;

/// <summary>A team as it is stored. Times are unix milliseconds.</summary>
internal sealed class TeamRow
{
    public required string Id { get; init; }

    public required string Name { get; set; }

    /// <summary>A JSON array of model names and patterns; null means every model.</summary>
    public string? Models { get; set; }

    /// <summary>A JSON array of limits; null means none.</summary>
    public string? Limits { get; set; }

    /// <summary>Whether prompts and answers are kept, for keys that don't say; null where the settings do.</summary>
    public bool? LogPrompts { get; set; }

    public required long CreatedAt { get; init; }

    /// <summary>The row stays when its team is deleted: revoked keys and the ledger's rows point to it.</summary>
    public long? DeletedAt { get; set; }

    /// <summary>The change sequence's value when an admin last changed this row: how other processes learn of it.</summary>
    public required long Change { get; set; }
}
