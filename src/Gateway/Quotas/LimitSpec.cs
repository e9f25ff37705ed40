namespace Gateway.Quotas;

/// <summary>One limit of a key or a team, as the admin API takes and shows it.</summary>
public sealed record LimitSpec
{
    /// <summary>What is counted: <c>tokens</c> (input and output), <c>input_tokens</c>, <c>output_tokens</c>, <c>requests</c>, <c>usd</c> or <c>concurrent</c> (calls running at once).</summary>
    public string? Unit { get; init; }

    /// <summary>The most that is admitted in one window: a whole number; for <c>usd</c> dollars with decimals, kept in millionths and rounded up. 0 refuses every call; at most 2^53 - 1 (for <c>usd</c>: that many millionths).</summary>
    public decimal? Limit { get; init; }

    /// <summary>The window: <c>minute</c> and <c>hour</c> roll, <c>day</c> and <c>month</c> follow the calendar in <c>Gateway:TimeZone</c>, <c>total</c> never resets. Absent for <c>concurrent</c>, needed for all others.</summary>
    public string? Per { get; init; }

    /// <summary>The models it holds for: an exact name or a pattern with <c>*</c>. Absent: all models.</summary>
    public string? Model { get; init; }

    /// <summary><c>hard</c> (default): never exceeded. <c>soft</c>: admits while anything is left. <c>shadow</c>: only counts what it would have denied.</summary>
    public string? Mode { get; init; }
}
