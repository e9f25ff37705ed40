namespace Gateway.Quotas;

/// <summary>What became of a settlement or a release.</summary>
/// <param name="Result">Whether anything changed.</param>
/// <param name="Before">Where the reservation stood before.</param>
internal readonly record struct EndAnswer(EndResult Result, ReservationState Before);
