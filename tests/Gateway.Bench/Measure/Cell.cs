using Gateway.Bench.Load;

namespace Gateway.Bench.Measure;

/// <summary>One candidate under one load in one round.</summary>
/// <param name="Scenario">The load.</param>
/// <param name="Candidate">The candidate's name.</param>
/// <param name="Round">Counted from 0.</param>
/// <param name="Load">What the callers saw.</param>
/// <param name="CpuMicroseconds">CPU of the candidate's own processes; null where it has none.</param>
/// <param name="MemoryBefore">Its memory in bytes before the load.</param>
/// <param name="MemoryPeak">The most it had under the load, read four times a second.</param>
/// <param name="OtherShare">CPU that belonged to none of the benchmark's processes, of the whole machine, 0 to 1.</param>
internal sealed record Cell(
    Scenario Scenario,
    string Candidate,
    int Round,
    LoadResult Load,
    long? CpuMicroseconds,
    long MemoryBefore,
    long MemoryPeak,
    double OtherShare)
{
    /// <summary>CPU of the servers it keeps its counters and its ledger in; null where it has none.</summary>
    public long? StoresCpuMicroseconds { get; init; }

    public double RequestsPerSecond => Load.Requests / Load.Seconds;

    public double? CpuPerRequest => CpuMicroseconds / (double)Load.Requests;

    public double? StoresCpuPerRequest => StoresCpuMicroseconds / (double)Load.Requests;

    public double? CpuPerEvent => CpuMicroseconds / (double)Load.Events;
}
