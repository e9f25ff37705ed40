using Gateway.Bench.Measure;

namespace Gateway.Bench.Load;

/// <summary>What all callers of one load count together.</summary>
internal sealed class LoadTally
{
    private long _requests;
    private long _non200;
    private long _broken;
    private long _events;
    private long _eventsLost;

    public Histogram Latency { get; } = new();

    public Histogram FirstEvent { get; } = new();

    public Histogram EventDelay { get; } = new();

    public void Answered(int status, int events, int eventsExpected, long nanoseconds)
    {
        Interlocked.Increment(ref _requests);
        Latency.Record(nanoseconds);
        if (status != 200)
        {
            Interlocked.Increment(ref _non200);
        }

        Count(events, eventsExpected);
    }

    public void Broke(int events, int eventsExpected)
    {
        Interlocked.Increment(ref _broken);
        Count(events, eventsExpected);
    }

    public LoadResult ToResult(double seconds) => new()
    {
        Requests = _requests,
        Non200 = _non200,
        Broken = _broken,
        Seconds = seconds,
        LatencyP50 = Latency.Percentile(0.5),
        LatencyP99 = Latency.Percentile(0.99),
        Events = _events,
        EventsLost = _eventsLost,
        FirstEventP50 = FirstEvent.Percentile(0.5),
        FirstEventP99 = FirstEvent.Percentile(0.99),
        DelayP50 = EventDelay.Percentile(0.5),
        DelayP99 = EventDelay.Percentile(0.99),
    };

    private void Count(int events, int eventsExpected)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _eventsLost, eventsExpected - events);
    }
}
