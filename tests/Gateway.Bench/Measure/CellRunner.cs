using Gateway.Bench.Candidates;
using Gateway.Bench.Load;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Measure;

/// <summary>Measures one cell: loads a candidate and reads the meters before and after.</summary>
/// <param name="load">The load generator.</param>
/// <param name="ownProcesses">All that run for the whole benchmark: the mock, the load generator, the candidates.</param>
internal sealed class CellRunner(LoadClient load, IReadOnlyList<ProcessMeter> ownProcesses)
{
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Ends a spinner whose cell never ends.</summary>
    private static readonly TimeSpan LongestSpin = TimeSpan.FromMinutes(2);

    public async Task<LoadResult> WarmUpAsync(Scenario scenario, Candidate candidate, double seconds, CancellationToken cancel) =>
        await load.RunAsync(CreateJob(scenario, candidate, seconds), cancel);

    public async Task<Cell> RunAsync(Scenario scenario, Candidate candidate, int round, double seconds, CancellationToken cancel)
    {
        await using var spinner = scenario.KeepsCoresAwake ? await IdleSpinner.StartAsync(LongestSpin, cancel) : null;
        ProcessMeter[] ours = spinner is null ? [.. ownProcesses] : [.. ownProcesses, new ProcessMeter(spinner.Id)];

        var memoryBefore = candidate.Meter?.MemoryBytes() ?? 0;
        var oursBefore = Cpu(ours);
        var busyBefore = MachineCpu.BusyMicroseconds();
        var cpuBefore = candidate.Meter?.CpuMicroseconds();
        var storesBefore = candidate.Stores?.CpuMicroseconds();
        var began = Environment.TickCount64;

        var running = load.RunAsync(CreateJob(scenario, candidate, seconds), cancel);
        var memoryPeak = memoryBefore;
        while (await Task.WhenAny(running, Task.Delay(MemoryInterval, cancel)) != running)
        {
            memoryPeak = Math.Max(memoryPeak, candidate.Meter?.MemoryBytes() ?? 0);
        }

        var result = await running;
        var cpu = candidate.Meter?.CpuMicroseconds() - cpuBefore;
        var stores = candidate.Stores?.CpuMicroseconds() - storesBefore;
        var other = MachineCpu.BusyMicroseconds() - busyBefore - (Cpu(ours) - oursBefore);
        var available = (Environment.TickCount64 - began) * 1000d * Environment.ProcessorCount;
        return new Cell(scenario, candidate.Name, round, result, cpu, memoryBefore, memoryPeak, Math.Clamp(other / available, 0, 1)) { StoresCpuMicroseconds = stores };
    }

    private static LoadJob CreateJob(Scenario scenario, Candidate candidate, double seconds) => new(
        candidate.Ports,
        candidate.Headers,
        scenario.CreateBody(),
        scenario.Callers,
        seconds,
        scenario.RampMilliseconds,
        scenario.EventsPerAnswer);

    private static long Cpu(IEnumerable<ProcessMeter> processes) => processes.Sum(process => process.CpuMicroseconds());
}
