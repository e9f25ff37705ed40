using System.Globalization;
using System.Text;
using Gateway.Bench.Candidates;
using Gateway.Bench.Load;
using Gateway.Bench.Processes;
using Gateway.Bench.Reporting;

namespace Gateway.Bench.Soaking;

/// <summary>Mixed calls at 60 % of what the machine bears, for as long as is asked for: whatever grows with time and not with load is a leak.</summary>
internal sealed class Soak(SoakOptions options)
{
    private const double Share = .6;
    private const double PeakSeconds = 15;

    private static readonly string[] Windows = ["minute", "hour", "day", "month", "total"];

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    /// <summary>Counters and ledger are compared every 30 s.</summary>
    private static readonly TimeSpan UntilCompared = TimeSpan.FromSeconds(65);

    public async Task RunAsync(CancellationToken cancel)
    {
        ReleaseBuild.Require();
        var folder = Directory.CreateTempSubdirectory("gateway-soak-");
        try
        {
            await RunAsync(folder, cancel);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task RunAsync(DirectoryInfo folder, CancellationToken cancel)
    {
        await using var processes = new ProcessGroup();
        var upstreamPort = FreePort.Pick();
        var mock = processes.Add(ChildProcess.StartSelf(["mock", $"{upstreamPort}"], InlineSockets.Environment));
        await mock.WaitForPortAsync(upstreamPort, cancel);
        var started = await BenchGateway.StartAsync(processes, upstreamPort, folder, [], cancel);
        using var gateway = new SoakGateway(started, new ProcessMeter(started.ProcessId));
        object[] wide = [.. Windows.Select(per => new { unit = "tokens", limit = 1_000_000_000_000, per }), new { unit = "concurrent", limit = 10_000 }];
        var mix = SoakTraffic.Mix(
            await gateway.NewKeyAsync(new { name = "limited", limits = wide }, cancel),
            await gateway.NewKeyAsync(new { name = "free" }, cancel),
            await gateway.NewKeyAsync(new { name = "spent", limits = new object[] { new { unit = "requests", limit = 0, per = "total" } } }, cancel));
        var loads = mix.Select(_ => new LoadClient()).ToList();
        try
        {
            Say("warming up");
            var total = Sum(await LoadAsync(loads, mix, gateway, PeakSeconds, _ => 0, cancel));
            Say("what it bears");
            var peak = await LoadAsync(loads, mix, gateway, PeakSeconds, _ => 0, cancel);
            total += Sum(peak);
            var (samples, results) = await SoakAsync(loads, mix, gateway, peak, cancel);
            total += Sum(results);
            await Task.Delay(UntilCompared, cancel);
            Publish(mix, peak, results, samples, await gateway.SampleAsync(cancel), total, await gateway.RowsAsync(cancel));
        }
        finally
        {
            foreach (var load in loads)
            {
                await load.DisposeAsync();
            }
        }
    }

    private async Task<(List<SoakSample> Samples, LoadResult[] Results)> SoakAsync(
        List<LoadClient> loads, IReadOnlyList<SoakTraffic> mix, SoakGateway gateway, LoadResult[] peak, CancellationToken cancel)
    {
        var samples = new List<SoakSample>();
        var running = LoadAsync(loads, mix, gateway, options.Minutes * 60, i => Math.Max(1, peak[i].Requests / peak[i].Seconds * Share), cancel);
        while (await Task.WhenAny(running, Task.Delay(Between, cancel)) != running)
        {
            samples.Add(await gateway.SampleAsync(cancel));
            if (samples.Count % 12 == 1)
            {
                Say($"{samples.Count * Between.TotalMinutes:0.0} of {options.Minutes} minutes: {samples[^1]}");
            }
        }

        return (samples, await running);
    }

    private static Task<LoadResult[]> LoadAsync(List<LoadClient> loads, IReadOnlyList<SoakTraffic> mix, SoakGateway gateway, double seconds, Func<int, double> rate, CancellationToken cancel) =>
        Task.WhenAll(mix.Select((traffic, i) => loads[i].RunAsync(traffic.Job(gateway.Port, seconds, rate(i)), cancel)));

    private static long Sum(IEnumerable<LoadResult> results) => results.Sum(result => result.Requests);

    private void Publish(IReadOnlyList<SoakTraffic> mix, LoadResult[] peak, LoadResult[] results, List<SoakSample> samples, SoakSample idle, long calls, long rows)
    {
        var page = new StringBuilder();
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        page.Append(CultureInfo.InvariantCulture, $"""
            ## Soak

            Written by `dotnet run -c Release --project tests/Gateway.Bench -- soak --minutes {options.Minutes}` on {day}: {options.Minutes} minutes at {Share:0 %} of the rate that the same mix reached
            when it was let go, everything on. First and last are the means of the first and the last tenth of the time; idle is a minute after the last call.


            """);
        var figures = new MarkdownTable("", "first", "last", "greatest", "idle");
        figures.Add(["memory, MiB", .. Row(samples, idle, sample => sample.MemoryBytes / Figures.Mebibyte)]);
        figures.Add(["heap committed at the last collection, MiB", .. Row(samples, idle, sample => sample.HeapBytes / Figures.Mebibyte)]);
        figures.Add(["handles", .. Row(samples, idle, sample => sample.Handles)]);
        figures.Add(["threads", .. Row(samples, idle, sample => sample.Threads)]);
        figures.Add(["open streams", .. Row(samples, idle, sample => sample.OpenStreams)]);
        figures.Add(["reserved tokens", .. Row(samples, idle, sample => sample.ReservedTokens)]);
        figures.Add(["ledger rows waiting", .. Row(samples, idle, sample => sample.QueuedRows)]);
        figures.Add(["drift between counters and ledger, tokens", .. Row(samples, idle, sample => sample.DriftTokens)]);
        figures.WriteTo(page);

        var table = new MarkdownTable("calls", "let go, calls/s", "soak, calls/s", "calls", "not as expected", "broken off", "p50, µs", "p99, µs");
        for (var i = 0; i < mix.Count; i++)
        {
            var result = results[i];
            var odd = mix[i].IsDenied ? result.Requests - result.Non200 : result.Non200;
            table.Add(
                mix[i].Name, Figures.Rounded(peak[i].Requests / peak[i].Seconds), Figures.Rounded(result.Requests / result.Seconds), Figures.Rounded(result.Requests),
                Figures.Rounded(odd), Figures.Rounded(result.Broken), Figures.Rounded(result.LatencyP50), Figures.Rounded(result.LatencyP99));
        }

        table.WriteTo(page);
        page.Append(CultureInfo.InvariantCulture, $"Answered calls of the whole run: {calls:#,0}; rows in the ledger: {rows:#,0}.\n");
        System.Console.WriteLine(page);
        if (options.Out is { } file)
        {
            ReportFile.WriteSection(file, page.ToString());
        }
    }

    private static IEnumerable<string> Row(List<SoakSample> samples, SoakSample idle, Func<SoakSample, double> figure)
    {
        var tenth = Math.Max(1, samples.Count / 10);
        return new[] { samples.Take(tenth).Average(figure), samples.TakeLast(tenth).Average(figure), samples.Max(figure), figure(idle) }.Select(Figures.Rounded);
    }

    private static void Say(string what) => System.Console.WriteLine(what);
}
