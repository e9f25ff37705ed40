namespace Gateway.Quotas;

/// <summary>A limit and how it stands. Amounts are in the limit's unit; for <c>usd</c> dollars. Figures are null while the counters can't be asked.</summary>
public record LimitView
{
    /// <summary>What is counted.</summary>
    public required string Unit { get; init; }

    /// <summary>The most that is admitted in one window.</summary>
    public required decimal Limit { get; init; }

    /// <summary>The window; null for <c>concurrent</c>.</summary>
    public required string? Per { get; init; }

    /// <summary>The models it holds for; null for all.</summary>
    public required string? Model { get; init; }

    /// <summary><c>hard</c>, <c>soft</c> or <c>shadow</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Settled in the current window.</summary>
    public required decimal? Used { get; init; }

    /// <summary>Held by running calls.</summary>
    public required decimal? Reserved { get; init; }

    /// <summary>What is left of it.</summary>
    public required decimal? Remaining { get; init; }

    /// <summary>When the window ends; for a rolling one when at the latest all is free. Null where that never happens.</summary>
    public required DateTimeOffset? ResetsAt { get; init; }

    internal static LimitView Of(Limit limit, LimitFigure? figure) => new()
    {
        Unit = LimitWords.Of(limit.Unit),
        Limit = limit.InUnits(limit.Amount),
        Per = LimitWords.Of(limit.Per),
        Model = limit.Model,
        Mode = LimitWords.Of(limit.Mode),
        Used = limit.InUnits(figure?.Used),
        Reserved = limit.InUnits(figure?.Reserved),
        Remaining = limit.InUnits(figure?.Remaining),
        ResetsAt = figure?.ResetsAt,
    };
}
