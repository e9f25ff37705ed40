namespace Gateway.Ledger;

/// <summary>Which feedback to show; null means any. <see cref="From"/> is inclusive, <see cref="To"/> exclusive, both by when it was given.</summary>
internal sealed record FeedbackFilter
{
    public bool? IsUp { get; init; }

    public string? KeyId { get; init; }

    public string? TeamId { get; init; }

    public string? Model { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }
}
