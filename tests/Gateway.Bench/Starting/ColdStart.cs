using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Bench.Candidates;
using Gateway.Bench.Processes;
using Gateway.Bench.Reporting;

namespace Gateway.Bench.Starting;

/// <summary>How long a start takes over many keys, from the process's first moment until it says that it is ready; and how long a scrape takes that has seen much.</summary>
internal sealed class ColdStart(StartOptions options)
{
    private const int Starts = 9;
    private const int Pairs = 20;
    private const int MadeUp = 1000;
    private const int Scrapes = 20;

    /// <summary>The exporter keeps a scrape for 300 ms.</summary>
    private static readonly TimeSpan BeyondCache = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task RunAsync(CancellationToken cancel)
    {
        ReleaseBuild.Require();
        var folder = Directory.CreateTempSubdirectory("gateway-start-");
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
        var data = folder.CreateSubdirectory("data").FullName;
        await KeyFill.RunAsync(data, options.Keys, cancel);

        var taken = new List<double>();
        var cpu = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            await using var alone = new ProcessGroup();
            var begun = Stopwatch.GetTimestamp();
            var gateway = BenchGateway.Launch(alone, upstreamPort, folder, ["--Gateway:DataDirectory", data], options.Program);
            await ReadyAsync(gateway, cancel);
            taken.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            cpu.Add(new ProcessMeter(gateway.ProcessId).CpuMicroseconds() / 1000d);
        }

        var (bytes, milliseconds) = await ScrapeAsync(processes, upstreamPort, folder, data, cancel);
        Publish(taken, cpu, bytes, milliseconds);
    }

    private static async Task ReadyAsync(BenchGateway gateway, CancellationToken cancel)
    {
        using var client = gateway.Admin();
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < Patience)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), cancel);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancel);
        }

        throw gateway.Process.Failure("was not ready");
    }

    private static async Task<(int Bytes, List<double> Milliseconds)> ScrapeAsync(ProcessGroup processes, int upstreamPort, DirectoryInfo folder, string data, CancellationToken cancel)
    {
        string[] pairs =
        [
            "--Gateway:DataDirectory", data,
            .. Enumerable.Range(0, Pairs).SelectMany(i => new[]
            {
                $"--Gateway:Providers:provider-{i}:BaseUrl=http://127.0.0.1:{upstreamPort}/v1", $"--Gateway:Models:{i + 1}:Name=some-model-{i}",
                $"--Gateway:Models:{i + 1}:Targets:0:Provider=provider-{i}", $"--Gateway:Models:{i + 1}:Targets:0:Model=m",
            }),
        ];
        var gateway = BenchGateway.Launch(processes, upstreamPort, folder, pairs);
        await ReadyAsync(gateway, cancel);
        using var admin = gateway.Admin();
        using var made = await admin.PostAsJsonAsync("/admin/keys", new { name = "bench" }, cancel);
        using var caller = new HttpClient { BaseAddress = admin.BaseAddress };
        caller.DefaultRequestHeaders.Authorization = new("Bearer", (await made.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("key").GetString());
        foreach (var body in Enumerable.Range(0, Pairs).SelectMany(i => new[] { Body($"some-model-{i}", "false"), Body($"some-model-{i}", "true") }).Concat(Enumerable.Range(0, MadeUp).Select(i => Body($"made-up-{i}", "false"))))
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await caller.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, cancel);
            await answer.Content.ReadAsByteArrayAsync(cancel);
        }

        var taken = new List<double>();
        var bytes = 0;
        for (var i = 0; i < Scrapes; i++)
        {
            await Task.Delay(BeyondCache, cancel);
            var begun = Stopwatch.GetTimestamp();
            bytes = (await admin.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative), cancel)).Length;
            taken.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return (bytes, taken);
    }

    private static string Body(string model, string stream) => $$"""{"model":"{{model}}","stream":{{stream}},"messages":[{"role":"user","content":"Hello"}]}""";

    private void Publish(List<double> starts, List<double> cpu, int bytes, List<double> scrapes)
    {
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            ## Cold start

            Written by `dotnet run -c Release --project tests/Gateway.Bench -- start --keys {options.Keys}` on {day}: {Starts} starts over SQLite with {options.Keys:#,0} keys, half of them under limits{(options.Program is null ? "" : ", of the published program")}, from the process's
            first moment to 200 from `/health/ready`; then {Scrapes} scrapes (plain text) of a gateway that served {Pairs} pairs of model and provider and was asked for {MadeUp:#,0} models that are not there.


            """);
        var table = new MarkdownTable("", "least", "median", "greatest", "goal");
        table.Add(["start to ready, ms", .. Row(starts), "≤ 1,500"]);
        table.Add(["of that CPU of all threads, ms", .. Row(cpu), ""]);
        table.Add(["scrape, ms", .. Row(scrapes), "≤ 50"]);
        table.Add("scrape, kB", "", Figures.Rounded(bytes / 1000d), "", "≤ 200");
        table.WriteTo(page);
        System.Console.WriteLine(page);
        if (options.Out is { } file)
        {
            ReportFile.WriteSection(file, page.ToString());
        }
    }

    private static string[] Row(List<double> figures)
    {
        var sorted = figures.Order().ToList();
        return [Figures.Rounded(sorted[0]), Figures.Rounded(sorted[sorted.Count / 2]), Figures.Rounded(sorted[^1])];
    }
}
