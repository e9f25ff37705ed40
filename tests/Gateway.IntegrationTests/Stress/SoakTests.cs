using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.IntegrationTests.Streams;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>The short form of the benchmark's soak: calls of all kinds for most of a minute leave memory and handles as they were, and counters and ledger the same.</summary>
public sealed class SoakTests
{
    /// <summary>MiB by which memory may grow between warm and the end: what the collector leaves lying about, and far below what a leak of a call's worth each would take.</summary>
    private const long Slack = 96;

    /// <summary>Threads that the pool may add where cores are short.</summary>
    private const int MoreThreads = 32;

    private const int CallersOfAKind = 3;

    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Soaking = TimeSpan.FromSeconds(33);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly string[] Windows = ["minute", "hour", "day", "month", "total"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mixed_calls_for_most_of_a_minute_leave_memory_handles_and_sums_as_they_should_be()
    {
        await using var upstream = FakeUpstream.Start(AnswerAsync);
        using var folder = new TempFolder();
        await using var gateway = await GatewayProcess.StartAsync(
            folder.Path,
            $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}",
            "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake");
        using var admin = Client(gateway, GatewayHost.AdminKey);
        object[] wide = [.. Windows.Select(per => new { unit = "tokens", limit = 1_000_000_000_000, per }), new { unit = "concurrent", limit = 1000 }];
        var limited = await NewKeyAsync(admin, new { name = "limited", limits = wide });
        var spent = await NewKeyAsync(admin, new { name = "spent", limits = new object[] { new { unit = "requests", limit = 0, per = "day" } } });
        var memory = new ProcessMemory(gateway.Id);

        await RunAsync(gateway, limited, spent, Warming);
        var (warm, handles, threads) = (memory.Now, Count(gateway, "fd"), Count(gateway, "task"));
        var calls = await RunAsync(gateway, limited, spent, Soaking);
        var (end, mostThreads) = (memory.Now, Count(gateway, "task"));

        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls; memory {warm} to {end} MiB, handles {handles}, threads {threads} to {mostThreads}");
        Assert.InRange(end - warm, long.MinValue, Slack);
        Assert.InRange(mostThreads, 0, threads + MoreThreads);

        // What callers and upstream connections held is given back once they are gone.
        await Eventually.IsTrueAsync(() => new(Count(gateway, "fd") <= handles), Patience, Cancel);
        await Eventually.IsTrueAsync(async () => Holds(await ScrapeAsync(admin), "gateway_streams_active{} 0", "gateway_reserved_tokens{} 0", "gateway_ledger_queue_rows{} 0", "gateway_quota_drift_tokens{} 0"), Patience, Cancel);
        await Eventually.IsTrueAsync(async () => await DriftAsync(admin) == 0, Patience, Cancel);
    }

    private static async Task AnswerAsync(UpstreamCall call)
    {
        if (!call.BodyText.Contains("\"stream\":true", StringComparison.Ordinal))
        {
            await call.RespondAsync("""{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""", call.BodyText.Contains("fail", StringComparison.Ordinal) ? 500 : 200);
            return;
        }

        await call.BeginChunkedAsync("text/event-stream");
        for (var i = 0; i < 20; i++)
        {
            await call.ChunkAsync(Sse.Bytes(Sse.Delta("Hello there")));
        }

        await call.ChunkAsync(Sse.Bytes(Sse.Usage, Sse.Done));
        await call.EndChunksAsync();
    }

    /// <returns>How many calls were answered.</returns>
    private static async Task<int> RunAsync(GatewayProcess gateway, string limited, string spent, TimeSpan time)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        over.CancelAfter(time);
        var large = Caller.Chat.Replace("Hello", new string('x', 100_000), StringComparison.Ordinal);
        (string Key, string Body, HttpStatusCode Status, bool Leaves)[] kinds =
        [
            (limited, Caller.Chat, HttpStatusCode.OK, false),
            (limited, Caller.ChatStream, HttpStatusCode.OK, false),
            (limited, Caller.ChatStreamWithUsage, HttpStatusCode.OK, true),
            (limited, large, HttpStatusCode.OK, false),
            (limited, Caller.Chat.Replace("Hello", "fail", StringComparison.Ordinal), HttpStatusCode.InternalServerError, false),
            (spent, Caller.Chat, HttpStatusCode.TooManyRequests, false),
        ];
        var answered = await Task.WhenAll(kinds.SelectMany(kind => Enumerable.Range(0, CallersOfAKind).Select(_ => CallAsync(gateway, kind.Key, kind.Body, kind.Status, kind.Leaves, over.Token))));
        return answered.Sum();
    }

    private static async Task<int> CallAsync(GatewayProcess gateway, string key, string body, HttpStatusCode status, bool leaves, CancellationToken over)
    {
        using var caller = Client(gateway, key);
        var answered = 0;
        while (!over.IsCancellationRequested)
        {
            // Never broken off by the clock: every call is read, or left by the caller's own will.
            using var response = await caller.CallAsync(body, cancel: Cancel);
            Assert.Equal(status, response.StatusCode);
            if (!leaves)
            {
                await response.Content.ReadAsByteArrayAsync(Cancel);
            }

            answered++;
        }

        return answered;
    }

    /// <summary>Tokens that the counters have, less those of the ledger's rows.</summary>
    private static async Task<long> DriftAsync(HttpClient admin)
    {
        var usage = await admin.GetFromJsonAsync<JsonElement>("/admin/usage?group_by=key", Cancel);
        var rows = usage.GetProperty("data").EnumerateArray().Sum(row => row.GetProperty("input_tokens").GetInt64() + row.GetProperty("output_tokens").GetInt64());
        var keys = await admin.GetFromJsonAsync<JsonElement>("/admin/keys", Cancel);
        var counted = keys.GetProperty("data").EnumerateArray().SelectMany(key => key.GetProperty("limits").EnumerateArray())
            .Where(limit => limit.GetProperty("unit").GetString() == "tokens" && limit.GetProperty("per").GetString() == "total").Sum(limit => limit.GetProperty("used").GetInt64());
        return counted - rows;
    }

    private static bool Holds(string scrape, params string[] series) => series.All(line => scrape.Contains(line + "\n", StringComparison.Ordinal));

    private static Task<string> ScrapeAsync(HttpClient admin) => admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);

    /// <summary>Entries of one of the process's lists: <c>fd</c> for handles, <c>task</c> for threads.</summary>
    private static int Count(GatewayProcess gateway, string list) =>
        Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{gateway.Id}/{list}")).Length;

    private static async Task<string> NewKeyAsync(HttpClient admin, object key)
    {
        using var created = await admin.PostAsJsonAsync("/admin/keys", key, Cancel);
        return (await created.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("key").GetString() ?? "";
    }

    private static HttpClient Client(GatewayProcess process, string key) => new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero })
    {
        BaseAddress = process.Address,
        Timeout = TimeSpan.FromMinutes(3),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };
}
