using Gateway.Bench.Candidates;
using Gateway.Bench.Measure;

namespace Gateway.Bench.Reporting;

/// <summary>What the gateway is to reach; where nothing else is said, with counters in its own process.</summary>
internal static class Goals
{
    private const string NotHere = "not measured by this run";

    public static IReadOnlyList<GoalRow> Check(Measurements all) =>
    [
        AtMost("CPU per request against raw YARP, 64 callers: ≤ 1.5x", OverYarp(all, Scenario.PlainMany, cell => cell.CpuPerRequest), 1.5),
        AtLeast("requests a second against raw YARP, 64 callers: ≥ 0.7x", OverYarp(all, Scenario.PlainMany, cell => cell.RequestsPerSecond), 0.7),
        AddedAtMost(
            "median added over raw YARP, one caller, cores awake: ≤ 60 µs",
            all.Added(Scenario.PlainOne, Candidate.Gateway, Candidate.RawYarp, cell => cell.Load.LatencyP50),
            60),
        AtLeast(
            "requests a second against Portkey's gateway, 64 callers: ≥ 15x",
            all.Ratio(Scenario.PlainMany, Candidate.Gateway, Candidate.Portkey, cell => cell.RequestsPerSecond),
            15),
        AddedAgainstPortkey(all),
        AddedAtMost(
            "first streamed byte added over raw YARP, one stream, 1 ms between events: ≤ 200 µs",
            all.Added(Scenario.PacedOne, Candidate.Gateway, Candidate.RawYarp, cell => cell.Load.FirstEventP50),
            200),
        NoEventLost(all),
        AtMost("512 slow streams, CPU per event against raw YARP: ≤ 1.3x", OverYarp(all, Scenario.SlowStreams, cell => cell.CpuPerEvent), 1.3),
        DelayBesideYarp(all),
        IdleMemory(all),
        MemoryPerStream(all),
        AtMost(
            "with keys, counts and ledger alone (prompt log off), CPU per request against raw YARP, 64 callers: ≤ 1.5x",
            CandidateOverYarp(all, Candidate.GatewayWithoutPrompts, cell => cell.CpuPerRequest),
            1.5),
        AtLeast(
            "the same, requests a second against raw YARP, 64 callers: ≥ 0.7x",
            CandidateOverYarp(all, Candidate.GatewayWithoutPrompts, cell => cell.RequestsPerSecond),
            0.7),
        AtMost(
            "with 8 hard limits, CPU per request with the prompt log against without it, 64 callers: ≤ 1.15x",
            all.Ratio(Scenario.PlainMany, Candidate.GatewayWithLimitsAndPrompts, Candidate.GatewayWithLimits, cell => cell.CpuPerRequest),
            1.15),
        AtMost("with 8 hard limits, CPU per request against raw YARP, 64 callers: ≤ 1.5x", CandidateOverYarp(all, Candidate.GatewayWithLimits, cell => cell.CpuPerRequest), 1.5),
        AtLeast("with 8 hard limits, requests a second against raw YARP, 64 callers: ≥ 0.7x", CandidateOverYarp(all, Candidate.GatewayWithLimits, cell => cell.RequestsPerSecond), 0.7),
        AddedAtMost(
            "with 8 hard limits, median added over raw YARP, one caller, cores awake: ≤ 60 µs",
            all.Added(Scenario.PlainOne, Candidate.GatewayWithLimits, Candidate.RawYarp, cell => cell.Load.LatencyP50),
            60),
        AtMost("with 8 hard limits in Redis, CPU per request against raw YARP, 64 callers: ≤ 2.0x", CandidateOverYarp(all, Candidate.GatewayOnRedis, cell => cell.CpuPerRequest), 2.0),
        AtLeast("with 8 hard limits in Redis, requests a second against raw YARP, 64 callers: ≥ 0.45x", CandidateOverYarp(all, Candidate.GatewayOnRedis, cell => cell.RequestsPerSecond), 0.45),
        AddedAtMost(
            "with 8 hard limits in Redis, median added over raw YARP, one caller, cores awake: ≤ 200 µs",
            all.Added(Scenario.PlainOne, Candidate.GatewayOnRedis, Candidate.RawYarp, cell => cell.Load.LatencyP50),
            200),
        new("memory flat over 10^6 requests", NotHere, null),
        new("allocation per streamed chunk in the tap: 0 bytes", NotHere, null),
    ];

    private static Spread? OverYarp(Measurements all, Scenario scenario, Func<Cell, double?> figure) =>
        all.Ratio(scenario, Candidate.Gateway, Candidate.RawYarp, figure);

    private static Spread? CandidateOverYarp(Measurements all, string candidate, Func<Cell, double?> figure) =>
        all.Ratio(Scenario.PlainMany, candidate, Candidate.RawYarp, figure);

    private static GoalRow AtMost(string goal, Spread? ratio, double limit) => ratio is null
        ? new(goal, NotHere, null)
        : new(goal, Figures.Ratio(ratio), ratio.Median <= limit);

    private static GoalRow AtLeast(string goal, Spread? ratio, double limit) => ratio is null
        ? new(goal, NotHere, null)
        : new(goal, Figures.Ratio(ratio), ratio.Median >= limit);

    private static GoalRow AddedAtMost(string goal, Spread? microseconds, double limit) => microseconds is null
        ? new(goal, NotHere, null)
        : new(goal, $"{Figures.Added(microseconds)} µs", microseconds.Median <= limit);

    private static GoalRow AddedAgainstPortkey(Measurements all)
    {
        const string Goal = "added median against Portkey's gateway, one caller: ≤ 1/10";
        var mine = all.Added(Scenario.PlainOne, Candidate.Gateway, Candidate.Direct, cell => cell.Load.LatencyP50);
        var theirs = all.Added(Scenario.PlainOne, Candidate.Portkey, Candidate.Direct, cell => cell.Load.LatencyP50);
        return mine is null || theirs is null
            ? new(Goal, NotHere, null)
            : new(Goal, $"{Figures.Plain(mine)} µs against {Figures.Plain(theirs)} µs", mine.Median <= theirs.Median / 10);
    }

    private static GoalRow NoEventLost(Measurements all)
    {
        const string Goal = "512 slow streams: no event lost";
        var cells = all.Cells.Where(cell => cell.Candidate == Candidate.Gateway && cell.Scenario == Scenario.SlowStreams).ToList();
        var lost = cells.Sum(cell => cell.Load.EventsLost);
        return cells.Count == 0
            ? new(Goal, NotHere, null)
            : new(Goal, $"{lost} of {cells.Sum(cell => cell.Load.Events) + lost} lost", lost == 0);
    }

    private static GoalRow DelayBesideYarp(Measurements all)
    {
        const string Goal = "512 slow streams: event delay p99, beside raw YARP's (no goal)";
        var mine = all.Of(Scenario.SlowStreams, Candidate.Gateway, cell => cell.Load.DelayP99);
        var yarp = all.Of(Scenario.SlowStreams, Candidate.RawYarp, cell => cell.Load.DelayP99);
        return mine is null || yarp is null
            ? new(Goal, NotHere, null)
            : new(Goal, $"{Figures.Plain(mine)} µs beside {Figures.Plain(yarp)} µs", null);
    }

    private static GoalRow IdleMemory(Measurements all)
    {
        const string Goal = "memory after the start: ≤ 120 MiB";
        return all.IdleMemory(Candidate.Gateway) is { } bytes
            ? new(Goal, $"{Figures.Rounded(bytes / Figures.Mebibyte)} MiB", bytes <= 120 * Figures.Mebibyte)
            : new(Goal, NotHere, null);
    }

    private static GoalRow MemoryPerStream(Measurements all)
    {
        const string Goal = "memory added per open stream, 512 slow streams: ≤ 40 KiB";
        var added = all.Of(Scenario.SlowStreams, Candidate.Gateway, cell => (cell.MemoryPeak - cell.MemoryBefore) / (double)cell.Scenario.Callers);
        return added is null
            ? new(Goal, NotHere, null)
            : new(Goal, $"{Figures.Rounded(added.Median / Figures.Kibibyte)} KiB", added.Median <= 40 * Figures.Kibibyte);
    }
}
