using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Lifecycle;

/// <summary>A gateway whose disk is full, for real.</summary>
public sealed class FullDiskTests
{
    private const string Answer =
        """{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"Four."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";

    private const int TokensOfACall = 5;
    private const int QueueRows = 100;

    /// <summary>Longer than any refusal may take here, shorter than a hang.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_go_on_while_there_is_room_to_remember_them_the_rest_get_503_and_nothing_is_lost()
    {
        using var folder = new TempFolder();
        await using var upstream = FakeUpstream.Answering(Answer);
        var disk = new SmallDisk(Directory.CreateDirectory(folder.File("data")).FullName);
        await using var gateway = GatewayProcess.LaunchBehind(
            disk.Command, folder.Path, null,
            $"--Gateway:AdminKey={GatewayHost.AdminKey}", $"--Gateway:Ledger:QueueRows={QueueRows}",
            "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}", "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake");
        await gateway.ReadyAsync();
        using var admin = Client(gateway, GatewayHost.AdminKey);
        using var plain = Client(gateway, await NewKeyAsync(admin, new { name = "plain" }));
        using var limited = Client(gateway, await NewKeyAsync(admin, new { name = "limited", limits = new[] { new { unit = "tokens", limit = 1_000_000, per = "total" } } }));
        var servedPlain = await CallAsync(plain) == "" ? 1 : 0;
        var servedLimited = await CallAsync(limited) == "" ? 1 : 0;
        Assert.Equal((1, 1), (servedPlain, servedLimited));

        disk.Fill(gateway);

        // What fits into the room that the files have already is still written.
        servedLimited += await UntilRefusedAsync(limited);
        var more = 0;
        while (more < QueueRows / 2 && await CallAsync(plain) == "")
        {
            more++;
        }

        Assert.Equal(QueueRows / 2, more);
        servedPlain += more + await UntilRefusedAsync(plain);
        using (var made = await admin.PostAsJsonAsync("/admin/keys", new { name = "no room" }, Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, made.StatusCode);
        }

        using (var ready = await admin.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        }

        await Eventually.IsTrueAsync(async () => await DroppedAsync(admin) > 0, Prompt, Cancel);

        disk.Free(gateway);

        await Eventually.IsTrueAsync(async () => await CallAsync(limited) == "", TimeSpan.FromSeconds(20), Cancel);
        servedLimited++;
        await Eventually.IsTrueAsync(async () => await SettledAsync(limited) == (servedLimited * TokensOfACall, 0), TimeSpan.FromSeconds(20), Cancel);
        await Eventually.IsTrueAsync(async () => await RowsAsync(admin) == servedPlain + servedLimited, TimeSpan.FromSeconds(20), Cancel);
        gateway.Terminate();
        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(40)));
    }

    /// <summary>Calls until one is refused, as it must be and soon.</summary>
    /// <returns>How many were served.</returns>
    private static async Task<int> UntilRefusedAsync(HttpClient caller)
    {
        for (var served = 0; ; served++)
        {
            Assert.InRange(served, 0, 2_000);
            if (await CallAsync(caller) is { Length: > 0 } refusal)
            {
                Assert.Contains("\"store_unavailable\"", refusal, StringComparison.Ordinal);
                return served;
            }
        }
    }

    /// <returns>Empty where the call was served, else the refusal.</returns>
    private static async Task<string> CallAsync(HttpClient caller)
    {
        var watch = Stopwatch.StartNew();
        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(watch.Elapsed < Prompt, $"The call took {watch.Elapsed}.");
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{response.StatusCode}: {body}");
        return response.StatusCode == HttpStatusCode.OK ? "" : body;
    }

    private static async Task<(long Used, long Reserved)> SettledAsync(HttpClient caller)
    {
        var limit = (await caller.GetFromJsonAsync<JsonElement>("/v1/key", Cancel)).GetProperty("limits")[0];
        return (limit.GetProperty("used").GetInt64(), limit.GetProperty("reserved").GetInt64());
    }

    private static async Task<long> RowsAsync(HttpClient admin)
    {
        var usage = await admin.GetFromJsonAsync<JsonElement>("/admin/requests?outcome=completed&limit=1000", Cancel);
        return usage.GetProperty("data").GetArrayLength();
    }

    private static async Task<double> DroppedAsync(HttpClient admin)
    {
        var metrics = await admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
        var line = metrics.Split('\n').Single(text => text.StartsWith("gateway_log_dropped_total", StringComparison.Ordinal) && text.Contains("reason=\"store\"", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static async Task<string> NewKeyAsync(HttpClient admin, object body)
    {
        using var response = await admin.PostAsJsonAsync("/admin/keys", body, Cancel);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)).GetProperty("key").GetString() ?? "";
    }

    private static HttpClient Client(GatewayProcess gateway, string key) => new()
    {
        BaseAddress = gateway.Address,
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };
}
