using System.Diagnostics;

namespace Gateway.Bench.Load;

/// <summary>When one caller's next call begins, so that a load stays the same however quick the answers are.</summary>
/// <param name="callsPerSecond">Of this caller; 0 for no pace.</param>
internal sealed class Pace(double callsPerSecond)
{
    /// <summary>What was missed for longer is not made up for: a pause of the machine would end in a flood.</summary>
    private static readonly long MostBehind = Stopwatch.Frequency;

    private readonly long _interval = callsPerSecond > 0 ? (long)(Stopwatch.Frequency / callsPerSecond) : 0;
    private long _next;

    /// <returns>Whether it waited.</returns>
    public async ValueTask<bool> WaitAsync()
    {
        if (_interval == 0)
        {
            return false;
        }

        var now = Stopwatch.GetTimestamp();
        _next = _next == 0
            ? now + (long)(Random.Shared.NextDouble() * _interval)
            : Math.Max(_next + _interval, now - MostBehind);
        if (_next <= now)
        {
            return false;
        }

        await Task.Delay(Stopwatch.GetElapsedTime(now, _next));
        return true;
    }
}
