using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Gateway.Bench.Candidates;
using Gateway.Bench.Measure;

namespace Gateway.Bench.Reporting;

/// <summary>The page that a run leaves: what was measured and how, the goals, and every table behind them.</summary>
internal static class MarkdownReport
{
    public static string Write(Measurements all, BenchOptions options)
    {
        var page = new StringBuilder();
        WriteCircumstances(page, all, options);
        WriteGoals(page, all);
        page.Append("## Against raw YARP\n\n")
            .Append("Medians of same-round ratios and differences, with the least and the greatest round in brackets.\n\n");
        foreach (var scenario in Scenario.All)
        {
            WriteRatios(page, all, scenario);
        }

        page.Append("## Figures\n\nMedians over the rounds; times in microseconds. They hold for this machine and hour only.\n\n");
        foreach (var scenario in Scenario.All)
        {
            WriteFigures(page, all, scenario);
        }

        WriteMemory(page, all);
        return page.ToString().TrimEnd('\n') + "\n";
    }

    private static void WriteCircumstances(StringBuilder page, Measurements all, BenchOptions options)
    {
        var other = Spread.Of(all.Cells.Select(cell => cell.OtherShare));
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        page.Append(CultureInfo.InvariantCulture, $"""
            # Benchmark

            Written by `{options.Command}` on {day}.

            - Machine: {Environment.ProcessorCount} cores ({ProcessorName()}), Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}.
            - The mock upstream, the load generator and the candidate share the cores, over loopback; candidates take turns within each of {options.Rounds} rounds, {options.Seconds} s each time.
            - The gateway does its whole work: key, token count, ledger row, metrics; SQLite, counters in its own process. Streamed calls do not ask for usage, so it asks for it upstream and leaves it out on the way back.
            - With limits: a key and its team with four hard limits each, all far away. `{Candidate.GatewayOnRedis}` counts in a redis-server of its own and has its ledger in SQLite; `{Candidate.Replicas}` are gateways on one redis-server and one PostgreSQL, with callers spread over them, and their CPU and memory are those of all three. Where Redis or PostgreSQL is not installed these rows are absent.
            - CPU is that of the candidate's own processes; what redis-server and PostgreSQL use is a column of its own. One-caller loads run with the cores kept awake by threads that give way to all others.
            - CPU that belonged to none of the benchmark's processes: {Figures.Percent(other?.Median ?? 0)} of the machine in the median cell, {Figures.Percent(other?.Greatest ?? 0)} in the worst. Above some 10 %, read the figures with care.


            """);
    }

    private static void WriteGoals(StringBuilder page, Measurements all)
    {
        page.Append("## Goals\n\n");
        var table = new MarkdownTable("goal", "measured", "verdict") { TextColumns = 3 };
        foreach (var goal in Goals.Check(all))
        {
            table.Add(goal.Goal, goal.Measured, goal.Verdict);
        }

        table.WriteTo(page);
    }

    private static void WriteRatios(StringBuilder page, Measurements all, Scenario scenario)
    {
        page.Append(CultureInfo.InvariantCulture, $"### {scenario.Name}\n\n");
        var table = scenario.IsStream
            ? new MarkdownTable("candidate", "streams/s", "CPU per event", "first event p50, added µs", "first event p50 over direct, added µs", "event delay p99")
            : new MarkdownTable("candidate", "requests/s", "CPU per request", "p50, added µs", "p50 over direct, added µs", "p99");
        foreach (var name in all.Candidates.Where(name => name != Candidate.RawYarp))
        {
            table.Add(
                name,
                Figures.Ratio(OverYarp(name, cell => cell.RequestsPerSecond)),
                Figures.Ratio(OverYarp(name, cell => scenario.IsStream ? cell.CpuPerEvent : cell.CpuPerRequest)),
                Figures.Added(all.Added(scenario, name, Candidate.RawYarp, Typical)),
                name == Candidate.Direct ? Figures.None : Figures.Added(all.Added(scenario, name, Candidate.Direct, Typical)),
                Figures.Ratio(OverYarp(name, cell => scenario.IsStream ? cell.Load.DelayP99 : cell.Load.LatencyP99)));
        }

        table.WriteTo(page);

        double? Typical(Cell cell) => scenario.IsStream ? cell.Load.FirstEventP50 : cell.Load.LatencyP50;
        Spread? OverYarp(string name, Func<Cell, double?> figure) => all.Ratio(scenario, name, Candidate.RawYarp, figure);
    }

    private static void WriteFigures(StringBuilder page, Measurements all, Scenario scenario)
    {
        page.Append(CultureInfo.InvariantCulture, $"### {scenario.Name}\n\n");
        (string Heading, Func<Cell, double?> Figure)[] columns = scenario.IsStream
            ?
            [
                ("streams/s", cell => cell.RequestsPerSecond),
                ("first event p50", cell => cell.Load.FirstEventP50),
                ("p99", cell => cell.Load.FirstEventP99),
                ("event delay p50", cell => cell.Load.DelayP50),
                ("p99", cell => cell.Load.DelayP99),
                ("CPU per event", cell => cell.CpuPerEvent),
            ]
            :
            [
                ("requests/s", cell => cell.RequestsPerSecond),
                ("p50", cell => cell.Load.LatencyP50),
                ("p99", cell => cell.Load.LatencyP99),
                ("CPU per request", cell => cell.CpuPerRequest),
                ("its stores' CPU", cell => cell.StoresCpuPerRequest),
            ];
        var table = new MarkdownTable(["candidate", .. columns.Select(column => column.Heading), "not 200", "broken off", "events lost", "other CPU"]);
        foreach (var name in all.Candidates)
        {
            var cells = all.Cells.Where(cell => cell.Scenario == scenario && cell.Candidate == name).ToList();
            table.Add(
            [
                name,
                .. columns.Select(column => Figures.Plain(all.Of(scenario, name, column.Figure))),
                $"{cells.Sum(cell => cell.Load.Non200)}",
                $"{cells.Sum(cell => cell.Load.Broken)}",
                scenario.IsStream ? $"{cells.Sum(cell => cell.Load.EventsLost)}" : Figures.None,
                Figures.Percent(Spread.Of(cells.Select(cell => cell.OtherShare))?.Median ?? 0),
            ]);
        }

        table.WriteTo(page);
    }

    private static void WriteMemory(StringBuilder page, Measurements all)
    {
        page.Append("### Memory, MiB\n\n");
        var table = new MarkdownTable("candidate", "after the start", "peak, 64 callers", "peak, 512 slow streams", "end of the run");
        foreach (var name in all.Candidates.Where(name => all.IdleMemory(name) is not null))
        {
            var last = all.Cells.Last(cell => cell.Candidate == name);
            table.Add(
                name,
                Mebibytes(all.IdleMemory(name) ?? 0),
                Peak(Scenario.PlainMany),
                Peak(Scenario.SlowStreams),
                Mebibytes(last.MemoryPeak));

            string Peak(Scenario scenario) =>
                Mebibytes(all.Of(scenario, name, cell => cell.MemoryPeak)?.Greatest ?? 0);
        }

        table.WriteTo(page);
    }

    private static string Mebibytes(double bytes) => Figures.Rounded(bytes / Figures.Mebibyte);

    private static string ProcessorName() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
}
