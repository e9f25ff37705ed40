using Gateway.Ledger;

namespace Gateway.Console.Overview;

/// <summary>Some calls, and what they say together.</summary>
internal sealed class CallSample(IReadOnlyList<LedgerEntry> calls)
{
    private const double Percentile = 0.95;

    public int Count => calls.Count;

    /// <summary>Failed by a provider or on the way; who is over a limit or left has not failed.</summary>
    public int Failed => calls.Count(HasFailed);

    public double FailedShare => calls.Count == 0 ? 0 : (double)Failed / calls.Count;

    public int Denied => calls.Count(call => call.Outcome == CallOutcome.Denied);

    public LedgerEntry? LastFailure => calls.FirstOrDefault(HasFailed);

    public TimeSpan? FirstByteP95
    {
        get
        {
            TimeSpan[] waits = [.. calls.Select(call => call.TimeToFirstByte).OfType<TimeSpan>().Order()];
            return waits.Length == 0 ? null : waits[(int)Math.Ceiling(waits.Length * Percentile) - 1];
        }
    }

    private static bool HasFailed(LedgerEntry call) =>
        call.Outcome is CallOutcome.UpstreamError or CallOutcome.UpstreamCut or CallOutcome.TimedOut or CallOutcome.LeaseExpired || call.Status >= StatusCodes.Status500InternalServerError;
}
