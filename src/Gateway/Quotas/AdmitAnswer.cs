namespace Gateway.Quotas;

/// <summary>Whether a call may go on.</summary>
internal abstract record AdmitAnswer
{
    private AdmitAnswer()
    {
    }

    /// <summary>It may, and must be ended by exactly one settlement.</summary>
    internal sealed record Admitted(Admission Admission) : AdmitAnswer;

    /// <summary>A limit refuses; the figures say which.</summary>
    /// <param name="Figures">One per limit.</param>
    /// <param name="RetryAfter">When the same call may be admitted, by what is known now; null where waiting does not help.</param>
    internal sealed record Refused(IReadOnlyList<LimitFigure> Figures, TimeSpan? RetryAfter) : AdmitAnswer;

    /// <summary>The counters can't be asked or can't be trusted now: 503 <c>quota_store_unavailable</c>.</summary>
    internal sealed record Unavailable : AdmitAnswer
    {
        public static readonly Unavailable Instance = new();
    }
}
