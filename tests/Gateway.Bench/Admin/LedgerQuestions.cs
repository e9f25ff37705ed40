using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Bench.Processes;
using Gateway.Bench.Reporting;

namespace Gateway.Bench.Admin;

/// <summary>How long a gateway over a filled ledger takes to answer its admin, over HTTP.</summary>
internal sealed class LedgerQuestions(string directory)
{
    private const int Times = 8;
    private const string AdminKey = "bench-admin-key-0123456789";

    public async Task RunAsync(CancellationToken cancel)
    {
        await using var processes = new ProcessGroup();
        var port = FreePort.Pick();
        var home = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "--urls", $"http://127.0.0.1:{port}",
            "--Gateway:DataDirectory", Path.GetFullPath(directory), "--Gateway:AdminKey", AdminKey, "--Gateway:DiscoverProviders", "false",
        ];
        var environment = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Production" };
        var process = processes.Add(ChildProcess.Start("gateway", "dotnet", arguments, home, environment));
        await process.WaitForPortAsync(port, cancel);
        using var admin = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);

        var table = new MarkdownTable("question", "first, ms", "median, ms", "slowest, ms") { TextColumns = 1 };
        foreach (var (what, path) in Questions())
        {
            var taken = new List<double>();
            for (var n = 0; n < Times; n++)
            {
                var begun = Stopwatch.GetTimestamp();
                using var answer = await admin.GetAsync(new Uri(path, UriKind.Relative), cancel);
                await answer.Content.ReadAsByteArrayAsync(cancel);
                answer.EnsureSuccessStatusCode();
                taken.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            var rest = taken.Skip(1).Order().ToList();
            table.Add(what, Show(taken[0]), Show(rest[rest.Count / 2]), Show(rest[^1]));
        }

        var page = new StringBuilder();
        table.WriteTo(page);
        System.Console.Write(page);
        Directory.Delete(home, recursive: true);
    }

    private static IEnumerable<(string What, string Path)> Questions()
    {
        var yesterday = DateTimeOffset.UtcNow.Date.AddDays(-1);
        var day = string.Create(CultureInfo.InvariantCulture, $"from={yesterday:yyyy-MM-dd}T00:00:00Z&to={yesterday.AddDays(1):yyyy-MM-dd}T00:00:00Z");
        var key = "key_" + 7.ToString("D32", CultureInfo.InvariantCulture);
        var team = "team_" + 7.ToString("D32", CultureInfo.InvariantCulture);
        return
        [
            ("usage of a day by team", $"/admin/usage?{day}&group_by=team"),
            ("usage of a day by hour, key and model, a page of 1,000", $"/admin/usage?{day}&group_by=hour,key,model&limit=1000"),
            ("usage of a day by user", $"/admin/usage?{day}&group_by=user"),
            ("usage of 30 days by day and team", "/admin/usage?group_by=day,team&limit=1000"),
            ("calls, newest first", "/admin/requests"),
            ("calls of a key", $"/admin/requests?key_id={key}"),
            ("failed calls of a team of that day", $"/admin/requests?team_id={team}&outcome=upstream_error&{day}"),
            ("calls of a key and a model", $"/admin/requests?key_id={key}&model=model-3"),
            ("calls of a user", "/admin/requests?user=user-77"),
            ("search for a word that is often there", "/admin/requests?q=timeout"),
            ("search for a word that is nowhere", "/admin/requests?q=nowhere-at-all"),
            ("search among a key's calls for a word that is nowhere", $"/admin/requests?key_id={key}&q=nowhere-at-all"),
        ];
    }

    private static string Show(double milliseconds) => milliseconds.ToString("F1", CultureInfo.InvariantCulture);
}
