namespace Gateway.Quotas;

/// <summary>The ways counters refuse to answer. All but <see cref="Unavailable"/> wrote nothing.</summary>
internal enum StoreFailureKind
{
    /// <summary>They were rebuilt under another epoch, or are empty.</summary>
    OtherEpoch,

    /// <summary>They are another server's, or another start's: restored from a dump, or a replica that was promoted.</summary>
    OtherServer,

    /// <summary>Part of them is missing.</summary>
    Incomplete,

    /// <summary>The server's clock went back too far for windows to be trusted.</summary>
    ClockWentBack,

    /// <summary>They answer, and have counted something else than the ledger knows.</summary>
    Drifted,

    /// <summary>No answer. The operation may have happened: repeat it under the same reservation id, or release that id.</summary>
    Unavailable,
}
