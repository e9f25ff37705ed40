namespace Gateway.Quotas;

/// <summary>Where a reservation stands.</summary>
internal enum ReservationState
{
    /// <summary>Never heard of, or forgotten after its retention.</summary>
    Unknown,

    /// <summary>Its call runs, or its lease has not run out yet.</summary>
    Held,

    /// <summary>Replaced by what was spent. Final.</summary>
    Settled,

    /// <summary>Nothing was spent. A settlement that comes later still counts.</summary>
    Released,

    /// <summary>Its lease ran out: charged as reserved until somebody knows better.</summary>
    Expired,
}
