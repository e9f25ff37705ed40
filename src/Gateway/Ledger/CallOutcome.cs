namespace Gateway.Ledger;

/// <summary>How a call ended. In the API as snake_case.</summary>
internal enum CallOutcome
{
    Completed,
    ClientDisconnected,
    UpstreamCut,
    UpstreamError,
    TimedOut,
    Denied,
    Rejected,
    LeaseExpired,
}
