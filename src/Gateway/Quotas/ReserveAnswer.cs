namespace Gateway.Quotas;

/// <summary>What became of a reservation.</summary>
internal abstract record ReserveAnswer
{
    private ReserveAnswer()
    {
    }

    /// <summary>Taken from every limit.</summary>
    internal sealed record Admitted(IReadOnlyList<LimitFigure> Figures) : ReserveAnswer;

    /// <summary>Taken from none. The figures say which limits refused.</summary>
    /// <param name="Figures">One per limit asked.</param>
    /// <param name="RetryAfter">When the same call may be admitted, by what is known now; null where waiting does not help.</param>
    internal sealed record Refused(IReadOnlyList<LimitFigure> Figures, TimeSpan? RetryAfter) : ReserveAnswer;

    /// <summary>A reservation of this id is known already, in this state; nothing was taken again.</summary>
    internal sealed record Duplicate(ReservationState State) : ReserveAnswer;
}
