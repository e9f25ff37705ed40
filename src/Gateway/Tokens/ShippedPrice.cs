namespace Gateway.Tokens;

/// <summary>An entry of a price table: one model's price and sizes under all its names. The shipped one gives a date and sources for each.</summary>
internal sealed record ShippedPrice
{
    /// <summary>Whose price it is; the names are known with it in front too. Null: anybody's.</summary>
    public string? Provider { get; init; }

    public required IReadOnlyList<string> Names { get; init; }

    public required Price Price { get; init; }

    /// <summary>The most tokens that a call's prompt and answer may have together; null where unknown.</summary>
    public int? Context { get; init; }

    /// <summary>The most tokens that it can write in one answer; null where unknown.</summary>
    public int? MaxOutput { get; init; }

    /// <summary>When the newest of the sources stated it.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>Marks of the table's sources that agree on it.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The day it begins to hold, in UTC; null where it already did at <see cref="AsOf"/>.</summary>
    public DateOnly? From { get; init; }
}
