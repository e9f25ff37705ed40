using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// Bounds the attempts at targets that are failing: each call puts in a part of an attempt, each further attempt takes out a whole one. When
/// everything fails, providers see little more than the callers' own calls.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>What it holds at most and begins with, in attempts: enough for a burst, too little for an outage.</summary>
    private const int Most = 100;

    private const long Whole = 100;

    private readonly long _part;
    private long _left = Most * Whole;

    public RetryBudget(IOptions<AttemptOptions> options) => _part = options.Value.RetryPercent;

    /// <summary>A call begins that may have several attempts.</summary>
    public void Earn()
    {
        if (Volatile.Read(ref _left) < Most * Whole)
        {
            Interlocked.Add(ref _left, _part);
        }
    }

    public bool TrySpend()
    {
        if (_part == 0)
        {
            return false;
        }

        if (Interlocked.Add(ref _left, -Whole) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, Whole);
        return false;
    }
}
