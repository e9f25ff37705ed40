namespace Gateway.Storage;

/// <summary>What became of a reservation's row.</summary>
internal enum ReservationResult
{
    Durable,

    /// <summary>Not written: the counters are of another epoch by now, or the reservation was declared void.</summary>
    Fenced,

    /// <summary>The database failed; the row may be there all the same.</summary>
    Failed,
}
