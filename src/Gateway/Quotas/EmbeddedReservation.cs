namespace Gateway.Quotas;

/// <summary>A reservation in this process.</summary>
internal sealed class EmbeddedReservation(ReservationState state, ChargeSnapshot[] charges, long due)
{
    public ReservationState State { get; set; } = state;

    public ChargeSnapshot[] Charges { get; } = charges;

    /// <summary>Where it stands in the schedule.</summary>
    public long Due { get; set; } = due;
}
