namespace Gateway.Ledger;

/// <summary>A question for usage; null filters mean any.</summary>
/// <param name="From">Inclusive. Sums are kept by the hour, so it is taken back to the begin of its hour.</param>
/// <param name="To">Exclusive, and taken on to the end of its hour.</param>
/// <param name="Groups">What to group by, each at most once; none for one row over all.</param>
internal sealed record UsageAsk(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<UsageGrouping> Groups)
{
    public string? KeyId { get; init; }

    public string? TeamId { get; init; }

    public string? Model { get; init; }

    public string? Provider { get; init; }

    public string? User { get; init; }
}
