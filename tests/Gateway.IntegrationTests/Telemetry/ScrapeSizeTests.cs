using System.Net;
using System.Net.Http.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Telemetry;

/// <summary>Nothing that callers choose becomes a label, so a scrape stays small whatever they do.</summary>
[Collection(Alone.Name)]
public sealed class ScrapeSizeTests
{
    private const int Pairs = 20;

    private const int Keys = 10_000;

    private const int MostBytes = 200_000;

    private const string Answer = """{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scrape_with_twenty_pairs_ten_thousand_keys_and_a_thousand_made_up_models_is_small_and_sound()
    {
        await using var upstream = FakeUpstream.Start(call => call.BodyText.Contains("\"stream\":true", StringComparison.Ordinal)
            ? call.RespondAsync($"data: {Answer}\n\ndata: [DONE]\n\n", 200, "text/event-stream")
            : call.RespondAsync(Answer));
        await using var gateway = await GatewayHost.StartAsync(
        [
            "--Gateway:EchoModel=false",
            .. Enumerable.Range(0, Pairs).SelectMany(i => new[]
            {
                $"--Gateway:Providers:provider-{i}:BaseUrl={upstream.BaseUrl}", $"--Gateway:Models:{i}:Name=some-model-{i}", $"--Gateway:Models:{i}:Targets:0:Provider=provider-{i}",
                $"--Gateway:Models:{i}:Targets:0:Model=m", $"--Gateway:Models:{i}:Price:Input=1", $"--Gateway:Models:{i}:Price:Output=1",
            }),
        ]);
        await ImportKeysAsync(gateway);
        await CallAllPairsAsync(gateway);
        var before = await ScrapeAsync(gateway);

        for (var i = 0; i < 50; i++)
        {
            using var caller = await gateway.NewCallerAsync(new { name = $"key-{i}" });
            for (var j = 0; j < 20; j++)
            {
                using var response = await caller.CallAsync($$"""{"model":"made-up-{{i}}-{{j}}","messages":[{"role":"user","content":"Hello"}]}""", cancel: Cancel);
                Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            }
        }

        // Kept for a moment, a scrape may be one of before.
        using var beyondCache = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
        await beyondCache.WaitForNextTickAsync(Cancel);
        var after = await ScrapeAsync(gateway);

        TestContext.Current.TestOutputHelper?.WriteLine($"{after.Length} bytes");
        Assert.InRange(after.Length, 20_000, MostBytes);
        Assert.DoesNotContain("made-up", after, StringComparison.Ordinal);

        // One for the calls that name a model which is not there.
        Assert.InRange(SeriesOf(after) - SeriesOf(before), 0, 5);
        await PrometheusTakesAsync(after);
    }

    private static async Task ImportKeysAsync(GatewayHost gateway)
    {
        var keys = Enumerable.Range(1, Keys).Select(i => new
        {
            id = $"key_{i:x32}",
            hash = $"{i:x64}",
            key_hint = $"{i % 10_000:0000}",
            name = $"key {i}",
            limits = new[] { new { unit = "tokens", limit = 1000, per = "day" } },
            created_at = "2026-11-25T00:00:00Z",
        });
        foreach (var some in keys.Chunk(500))
        {
            using var imported = await gateway.Admin.PostAsJsonAsync("/admin/import", new { version = 1, keys = some }, Cancel);
            Assert.Equal(HttpStatusCode.OK, imported.StatusCode);
        }
    }

    /// <summary>By Prometheus's own tool: types, units, help, no series twice. The runtime's own names are not ours to choose.</summary>
    private static async Task PrometheusTakesAsync(string scrape)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("scrape.txt"), scrape, Cancel);
        var (_, said) = await Tool.RunAsync("sh", ["-c", "promtool check metrics < \"$0\"", folder.File("scrape.txt")], Cancel);
        Assert.DoesNotContain(said.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => !line.StartsWith("dotnet_", StringComparison.Ordinal));
    }

    private static async Task CallAllPairsAsync(GatewayHost gateway)
    {
        using var caller = await gateway.NewCallerAsync();
        foreach (var stream in (string[])["true", "false"])
        {
            for (var i = 0; i < Pairs; i++)
            {
                using var response = await caller.CallAsync($$"""{"model":"some-model-{{i}}","stream":{{stream}},"messages":[{"role":"user","content":"Hello"}]}""", cancel: Cancel);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                await response.Content.ReadAsStringAsync(Cancel);
                await gateway.RowAsync(response.RequestId());
            }
        }
    }

    private static int SeriesOf(string text) => text.Split('\n').Count(line => line.StartsWith("gateway_", StringComparison.Ordinal));

    private static Task<string> ScrapeAsync(GatewayHost gateway) => gateway.Admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
}
