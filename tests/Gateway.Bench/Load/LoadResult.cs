namespace Gateway.Bench.Load;

/// <summary>What the callers saw. Durations in microseconds.</summary>
internal sealed record LoadResult
{
    /// <summary>Answers read to their end, whatever their status.</summary>
    public required long Requests { get; init; }

    public required long Non200 { get; init; }

    /// <summary>Calls whose connection failed, or that were not answered in full within the time limit.</summary>
    public required long Broken { get; init; }

    public required double Seconds { get; init; }

    public required double LatencyP50 { get; init; }

    public required double LatencyP99 { get; init; }

    public required long Events { get; init; }

    public required long EventsLost { get; init; }

    public required double FirstEventP50 { get; init; }

    public required double FirstEventP99 { get; init; }

    public required double DelayP50 { get; init; }

    public required double DelayP99 { get; init; }
}
