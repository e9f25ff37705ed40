namespace Gateway.Quotas;

/// <summary>What a limit said to a reservation.</summary>
internal enum LimitVerdict
{
    Within,
    Refused,

    /// <summary>A shadow limit's: admitted, but a hard limit would have refused.</summary>
    WouldRefuse,
}
