using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Bench.Browsing;
using Gateway.Bench.Processes;
using Gateway.Bench.Reporting;
using Gateway.Bench.Stores;
using Gateway.Prompts;
using Gateway.Storage;
using Npgsql;

namespace Gateway.Bench.Admin;

/// <summary>How long a gateway over a filled ledger takes to answer its admin, to show its console's list of calls, and to drop a month of prompts.</summary>
internal sealed class LedgerAsk(LedgerOptions options)
{
    private const int PageGoal = 300;
    private const int RetentionGoal = 1_000;

    private readonly List<string> _databases = [];
    private long _calls;
    private readonly Dictionary<string, List<Timing?>> _answers = [];
    private readonly Dictionary<string, List<Timing?>> _pages = [];
    private readonly List<(string Database, double Milliseconds, long Before, long After)> _retention = [];

    public async Task RunAsync(CancellationToken cancel)
    {
        ReleaseBuild.Require();
        if (!File.Exists(Path.Combine(options.Data, "gateway.db")))
        {
            throw new InvalidOperationException($"'{options.Data}' has no filled ledger: run fill first.");
        }

        var folder = Directory.CreateTempSubdirectory("gateway-ask-");
        try
        {
            await using var processes = new ProcessGroup();
            await using var browser = await Chromium.StartAsync(processes, folder, cancel);
            await AskSqliteAsync(processes, browser, cancel);
            if (Directory.Exists(Path.Combine(options.Data, LedgerOptions.Cluster))
                && await PostgresStore.StartAsync(processes, new DirectoryInfo(options.Data), LedgerOptions.Cluster, [], cancel) is { } postgres)
            {
                await AskPostgresAsync(processes, browser, postgres, folder, cancel);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Publish();
    }

    private async Task AskSqliteAsync(ProcessGroup processes, Chromium? browser, CancellationToken cancel)
    {
        using (var gateway = await FilledGateway.StartAsync(processes, "SQLite", options.Data, [], cancel))
        {
            _calls = await CountAsync(gateway.Admin, cancel);
            await AskAsync(gateway, browser, cancel);
        }

        using var store = new SqlitePromptStore(new SqliteFile(options.Data), TimeProvider.System);
        var prompts = new DirectoryInfo(Path.Combine(options.Data, "prompts"));
        await RetainAsync("SQLite", store, _ => Task.FromResult(prompts.EnumerateFiles().Sum(file => file.Length)), cancel);
    }

    private async Task AskPostgresAsync(ProcessGroup processes, Chromium? browser, PostgresStore postgres, DirectoryInfo folder, CancellationToken cancel)
    {
        string[] settings = ["--Gateway:Database:Provider", "postgres", "--Gateway:Database:ConnectionString", postgres.ConnectionString];
        using (var gateway = await FilledGateway.StartAsync(processes, "PostgreSQL", folder.CreateSubdirectory("data").FullName, settings, cancel))
        {
            await AskAsync(gateway, browser, cancel);
        }

        var address = PostgresAddress.Parse(postgres.ConnectionString) ?? throw new InvalidOperationException("The store's own address can't be read.");
        await RetainAsync("PostgreSQL", new PostgresPromptStore(address), token => SizeAsync(address, token), cancel);
    }

    private async Task AskAsync(FilledGateway gateway, Chromium? browser, CancellationToken cancel)
    {
        _databases.Add(gateway.Database);
        foreach (var (what, path) in LedgerQuestions.All)
        {
            Add(_answers, what, await Timing.OfAsync(() => AnswerAsync(gateway.Admin, path, cancel)));
        }

        if (browser is not null)
        {
            await BrowseAsync(gateway, browser, cancel);
        }

        System.Console.WriteLine($"{gateway.Database} was asked.");
    }

    private static async Task<long> CountAsync(HttpClient admin, CancellationToken cancel)
    {
        var from = TimeProvider.System.GetUtcNow().AddDays(-60).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var usage = await admin.GetFromJsonAsync<JsonElement>($"/admin/usage?from={from}&group_by=day&limit=1000", cancel);
        return usage.GetProperty("data").EnumerateArray().Sum(row => row.GetProperty("requests").GetInt64());
    }

    private static async Task<double> AnswerAsync(HttpClient admin, string path, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        using var answer = await admin.GetAsync(new Uri(path, UriKind.Relative), cancel);
        await answer.Content.ReadAsByteArrayAsync(cancel);
        return answer.IsSuccessStatusCode
            ? Stopwatch.GetElapsedTime(begun).TotalMilliseconds
            : throw new InvalidOperationException($"{path} was answered with {(int)answer.StatusCode} after {Stopwatch.GetElapsedTime(begun).TotalMilliseconds:F0} ms.");
    }

    private async Task BrowseAsync(FilledGateway gateway, Chromium browser, CancellationToken cancel)
    {
        await using var page = await browser.OpenAsync(cancel);
        await page.SignInAsync(gateway.Address, FilledGateway.AdminKey, cancel);
        var key = "key_" + 7.ToString("D32", CultureInfo.InvariantCulture);
        foreach (var (what, path) in new[]
        {
            ("list of calls", "/console/requests?range=30d"),
            ("list of a key's failed calls", $"/console/requests?range=30d&key={key}&outcome=upstream_error"),
            ("list of all calls, from half a month ago on", $"/console/requests?range=all&after={TimeProvider.System.GetUtcNow().AddDays(-15).ToUnixTimeMilliseconds()}-0"),
            ("list of calls with a word that is nowhere", "/console/requests?range=all&q=nowhere-at-all"),
        })
        {
            Add(_pages, what, await Timing.OfAsync(() => page.OpenAsync(new Uri(gateway.Address, path), "a[data-row], .gw-empty", cancel)));
        }
    }

    private async Task RetainAsync(string database, PromptStore store, Func<CancellationToken, Task<long>> size, CancellationToken cancel)
    {
        var (milliseconds, before, after) = await new PromptMonth(store, size).RunAsync(cancel);
        _retention.Add((database, milliseconds, before, after));
    }

    private static async Task<long> SizeAsync(PostgresAddress address, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand("select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class where relkind = 'r' and relname like 'prompts\\_%'", connection);
        return (long?)await command.ExecuteScalarAsync(cancel) ?? 0;
    }

    private static void Add(Dictionary<string, List<Timing?>> table, string what, Timing timing)
    {
        if (!table.TryGetValue(what, out var row))
        {
            table[what] = row = [];
        }

        row.Add(timing);
    }

    private void Publish()
    {
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            ## Long ledger

            Written by `dotnet run -c Release --project tests/Gateway.Bench -- ask` on {day}, over the ledger of {_calls:#,0} calls in 30 days that `fill` made. Milliseconds of an answer over HTTP: the first
            time that it is asked, then the median and the slowest of seven more. A search or a second filter looks through a bounded number of calls and says where it stopped.


            """);
        Write(page, "question", _answers, $"the first and every page of calls ≤ {LedgerQuestions.Goal}");
        if (_pages.Count > 0)
        {
            page.Append("The console's pages in a real browser, from its first move until rows show and can be used:\n\n");
            Write(page, "page", _pages, $"median ≤ {PageGoal}");
        }

        page.Append(CultureInfo.InvariantCulture, $"Retention, {PromptMonth.Explain} (goal ≤ {RetentionGoal:#,0} ms, and the disk is free):\n\n");
        var retention = new MarkdownTable("database", "ms", "MiB before", "MiB after");
        foreach (var (database, milliseconds, before, after) in _retention)
        {
            retention.Add(database, Figures.Rounded(milliseconds), Figures.Rounded(before / Figures.Mebibyte), Figures.Rounded(after / Figures.Mebibyte));
        }

        retention.WriteTo(page);
        System.Console.WriteLine(page);
        if (options.Out is { } file)
        {
            ReportFile.WriteSection(file, page.ToString());
        }
    }

    private void Write(StringBuilder page, string first, Dictionary<string, List<Timing?>> rows, string goal)
    {
        var table = new MarkdownTable([$"{first} ({goal})", .. _databases.SelectMany(database => new[] { $"{database}, first", "median", "slowest" })]);
        foreach (var (what, timings) in rows)
        {
            table.Add([what, .. timings.SelectMany(timing => timing is null ? [Figures.None, Figures.None, Figures.None] : new[] { timing.First, timing.Median, timing.Slowest }.Select(Figures.Rounded))]);
        }

        table.WriteTo(page);
    }
}
