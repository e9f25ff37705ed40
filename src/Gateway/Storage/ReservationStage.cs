namespace Gateway.Storage;

/// <summary>Where a reservation's row stands.</summary>
internal enum ReservationStage
{
    /// <summary>Its call runs, or its process died.</summary>
    Held,

    /// <summary>A block on its id: the counters knew it, the ledger did not, and its call must not start any more.</summary>
    Void,

    /// <summary>The ledger has its call's row; counters elsewhere have not been told yet.</summary>
    Settled,
}
