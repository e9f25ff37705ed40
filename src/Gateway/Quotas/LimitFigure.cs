namespace Gateway.Quotas;

/// <summary>How one limit stands right after the counters were asked.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Verdict">What it said to this reservation.</param>
/// <param name="Counted">Spent and reserved in the current window; with this reservation, if it was admitted.</param>
/// <param name="Reserved">
/// Of that, what running calls hold. A call that outlives its window still shows here; then it is cut to what is counted.
/// </param>
/// <param name="Window">
/// The start of the window that was, or would have been, charged, in Unix milliseconds: a rolling limit's bucket or a calendar window; else 0.
/// </param>
/// <param name="ResetsAt">When the window ends; for rolling ones when at the latest all is free. Null where that never happens.</param>
internal readonly record struct LimitFigure(Limit Limit, LimitVerdict Verdict, long Counted, long Reserved, long Window, DateTimeOffset? ResetsAt)
{
    /// <summary>Settled in the current window.</summary>
    public long Used => Counted - Reserved;

    public long Remaining => Math.Max(0, Limit.Amount - Counted);
}
