namespace Gateway.Quotas;

/// <summary>What a limit does to a call that would exceed it.</summary>
internal enum LimitMode
{
    /// <summary>Refuses what would pass the limit.</summary>
    Hard,

    /// <summary>Refuses once nothing is left; the last call admitted may pass the limit.</summary>
    Soft,

    /// <summary>Refuses nothing and reports what it would have refused.</summary>
    Shadow,
}
