namespace Gateway.Ledger;

/// <summary>Which rows to show; null means any. <see cref="From"/> is inclusive, <see cref="To"/> exclusive, both by the call's arrival.</summary>
internal sealed record LedgerFilter
{
    public string? KeyId { get; init; }

    public string? TeamId { get; init; }

    /// <summary>The name as the caller gave it.</summary>
    public string? Model { get; init; }

    public CallOutcome? Outcome { get; init; }

    public string? Provider { get; init; }

    /// <summary>The body's <c>user</c> field, whole.</summary>
    public string? User { get; init; }

    /// <summary>What its caller said of the answer: true for good, false for bad. Calls that nobody rated have neither.</summary>
    public bool? IsRatedUp { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    /// <summary>
    /// Part of the id, user, model, upstream model, error code or upstream request id, whatever the case of its ASCII letters. A whole request id
    /// finds that row alone.
    /// </summary>
    public string? Search { get; init; }

    /// <summary>Whether the oldest come first.</summary>
    public bool OldestFirst { get; init; }
}
