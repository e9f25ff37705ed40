namespace Gateway.Quotas;

/// <summary>What a settlement or a release did.</summary>
internal enum EndResult
{
    /// <summary>The counters moved.</summary>
    Done,

    /// <summary>It had ended before; nothing changed.</summary>
    Duplicate,

    /// <summary>A settlement of a reservation that is not known (any more); nothing changed, the ledger alone has it.</summary>
    Unknown,

    /// <summary>A release of a reservation that is not known: its id is blocked, so a reserve still on its way is refused.</summary>
    Tombstone,
}
