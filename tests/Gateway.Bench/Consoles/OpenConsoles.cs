using System.Globalization;
using System.Text;
using Gateway.Bench.Browsing;
using Gateway.Bench.Candidates;
using Gateway.Bench.Load;
using Gateway.Bench.Measure;
using Gateway.Bench.Processes;
using Gateway.Bench.Reporting;

namespace Gateway.Bench.Consoles;

/// <summary>
/// What open consoles cost those who call: the same paced calls, by turns with none open and with some, half of them on Home and half on the live list of
/// requests, each a window of a real browser. That is no part of the gateway: it has a core to itself, runs only where nothing else wants to, and in its absence threads that
/// spin keep the cores as awake as it does. Each turn with consoles lies between two without, whose difference says what a difference is worth.
/// </summary>
internal sealed class OpenConsoles(ConsolesOptions options)
{
    private const int Callers = 16;

    /// <summary>What the first round costs more, compiling.</summary>
    private const double WarmUpSeconds = 20;

    /// <summary>Pages that were just opened have drawn themselves by then.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestSpin = TimeSpan.FromHours(2);

    private readonly List<OpenConsolesTurns> _rounds = [];
    private readonly List<double> _idleShares = [];

    /// <summary>How often a page changed in a second under load.</summary>
    private readonly List<double> _changes = [];

    public async Task RunAsync(CancellationToken cancel)
    {
        ReleaseBuild.Require();
        var folder = Directory.CreateTempSubdirectory("gateway-consoles-");
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
        var gateway = await BenchGateway.StartAsync(processes, upstreamPort, folder, [], cancel);
        var key = await GatewayLauncher.CreateAsync(gateway, "/admin/keys", new { name = "bench", limits = FarLimits.OfKey }, "key", cancel);
        await using var browser = await Chromium.StartAsync(processes, folder, cancel) ?? throw new InvalidOperationException("There is no chromium to open the console with.");
        await using (var page = await browser.OpenAsync(cancel))
        {
            await page.SignInAsync(new Uri($"http://127.0.0.1:{gateway.Port}"), gateway.AdminKey, cancel);
        }

        await using var load = new LoadClient();
        processes.Add(await IdleSpinner.StartAsync(LongestSpin, cancel));
        await browser.BindAsync(Cores.Apart, cancel);
        foreach (var process in new[] { mock.Id, gateway.ProcessId, Environment.ProcessId })
        {
            await Cores.BindAsync(process, Cores.Measured, cancel);
        }

        var meter = new ProcessMeter(gateway.ProcessId);
        await MeasureAsync(load, gateway, key, meter, WarmUpSeconds, cancel);
        for (var round = 1; round <= options.Rounds; round++)
        {
            var before = await MeasureAsync(load, gateway, key, meter, options.Seconds, cancel);
            var pages = await OpenAsync(browser, gateway, cancel);
            await browser.GiveWayAsync(true, cancel);
            await Task.Delay(Settling, cancel);
            if (round == 1)
            {
                // Once as a warm-up of what the pages do.
                await MeasureAsync(load, gateway, key, meter, WarmUpSeconds, cancel);
            }

            var open = await MeasureOpenAsync(pages, () => MeasureAsync(load, gateway, key, meter, options.Seconds, cancel), cancel);
            _idleShares.Add(await IdleAsync(meter, cancel));
            await browser.GiveWayAsync(false, cancel);
            foreach (var page in pages)
            {
                await page.DisposeAsync();
            }

            await Task.Delay(Settling, cancel);
            _rounds.Add(new OpenConsolesTurns(before, open, await MeasureAsync(load, gateway, key, meter, options.Seconds, cancel)));
            System.Console.WriteLine($"round {round} of {options.Rounds}: {before.CpuPerRequest:F1} µs without, {open.CpuPerRequest:F1} µs with, {_rounds[^1].After.CpuPerRequest:F1} µs without");
        }

        Publish();
    }

    private async Task<List<BrowserPage>> OpenAsync(Chromium browser, BenchGateway gateway, CancellationToken cancel)
    {
        var pages = new List<BrowserPage>();
        for (var i = 0; i < options.Tabs; i++)
        {
            var page = await browser.OpenAsync(cancel);
            pages.Add(page);
            var (path, shows) = i % 2 == 0 ? ("/", ".gw-tiles") : ("/console/requests", "a[data-row]");
            await page.OpenAsync(new Uri($"http://127.0.0.1:{gateway.Port}{path}"), shows, cancel);
        }

        foreach (var page in pages)
        {
            // One that rests would make the figures better than they are.
            await page.UntilAsync("document.visibilityState === 'visible'", cancel);
        }

        return pages;
    }

    /// <summary>Measures, and looks whether the pages kept up meanwhile: one that does not is sent less.</summary>
    private async Task<OpenConsolesSample> MeasureOpenAsync(List<BrowserPage> pages, Func<Task<OpenConsolesSample>> measure, CancellationToken cancel)
    {
        foreach (var page in pages)
        {
            await page.CountChangesAsync(cancel);
        }

        var sample = await measure();
        foreach (var page in pages)
        {
            _changes.Add(await page.ChangesAsync(cancel) / options.Seconds);
        }

        return sample;
    }

    private async Task<OpenConsolesSample> MeasureAsync(LoadClient load, BenchGateway gateway, string key, ProcessMeter meter, double seconds, CancellationToken cancel)
    {
        var before = meter.CpuMicroseconds();
        var job = new LoadJob([gateway.Port], $"Authorization: Bearer {key}\r\n", Scenario.PlainMany.CreateBody(), Callers, seconds, 0, 0, options.Rate);
        var result = await load.RunAsync(job, cancel);
        return result.Non200 + result.Broken == 0
            ? new OpenConsolesSample((double)(meter.CpuMicroseconds() - before) / result.Requests, result.LatencyP50, result.LatencyP99)
            : throw new InvalidOperationException($"{result.Non200} calls were refused and {result.Broken} broken off.");
    }

    /// <summary>The share of one core that the gateway takes while nobody calls and the consoles look on.</summary>
    private async Task<double> IdleAsync(ProcessMeter meter, CancellationToken cancel)
    {
        var before = meter.CpuMicroseconds();
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), cancel);
        return (meter.CpuMicroseconds() - before) / (options.Seconds * 1e6);
    }

    private void Publish()
    {
        var page = new StringBuilder();
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        page.Append(CultureInfo.InvariantCulture, $"""
            ## Open consoles

            Written by `dotnet run -c Release --project tests/Gateway.Bench -- consoles --tabs {options.Tabs} --rate {options.Rate} --rounds {options.Rounds} --seconds {options.Seconds}` on {day}: {options.Rate:#,0} plain calls a second under
            four hard limits, by turns with no console open, with {options.Tabs} in a real browser (half of them on Home and half on the live list of requests, all visible) and with none again. CPU is that of the gateway's process
            alone. The browser is not part of it: it has the last core to itself, all else shares the others, and it runs at the idle class while it is measured; threads of the same class spin throughout, so that the cores are as awake without it. Medians of
            {options.Rounds} rounds of {options.Seconds} s a turn, with the least and the greatest. A difference that the two turns without consoles have between themselves is none of the consoles'.


            """);
        var table = new MarkdownTable("", "none open", $"{options.Tabs} open", "difference within a round", "between the two without");
        Row("CPU per call, µs", sample => sample.CpuPerRequest);
        Row("p50 of a call, µs", sample => sample.P50);
        Row("p99 of a call, µs", sample => sample.P99);
        table.WriteTo(page);
        var share = Spread.Of(_rounds.Select(round => round.Added(sample => sample.CpuPerRequest) * options.Rate / 1e4));
        var idle = Spread.Of(_idleShares.Select(idle => idle * 100));
        page.Append(CultureInfo.InvariantCulture, $"Under load the consoles take {Range(share)} % of one core of the gateway's; with nobody calling, the gateway takes {Range(idle)} % with them open. Each page changed {Range(Spread.Of(_changes))} times a second under load.\n");
        System.Console.WriteLine(page);
        if (options.Out is { } file)
        {
            ReportFile.WriteSection(file, page.ToString());
        }

        void Row(string name, Func<OpenConsolesSample, double> figure) => table.Add(
            name,
            Range(Spread.Of(_rounds.SelectMany(round => new[] { figure(round.Before), figure(round.After) }))),
            Range(Spread.Of(_rounds.Select(round => figure(round.Open)))),
            Figures.Added(Spread.Of(_rounds.Select(round => round.Added(figure)))),
            Figures.Added(Spread.Of(_rounds.Select(round => figure(round.After) - figure(round.Before)))));
    }

    private static string Range(Spread? spread) => spread is null ? Figures.None : $"{Figures.Rounded(spread.Median)} ({Figures.Rounded(spread.Least)}–{Figures.Rounded(spread.Greatest)})";
}
