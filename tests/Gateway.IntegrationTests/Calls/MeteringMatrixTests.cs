using System.Globalization;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Every forwarded call, and every way it can end: what the caller gets and what the ledger charges, as one table. A call that is missing from it fails the test.</summary>
public sealed class MeteringMatrixTests
{
    private const string ChatUsage = ""","usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}""";

    private const string ResponseUsage = ""","usage":{"input_tokens":11,"output_tokens":7,"total_tokens":18}}""";

    private const string MessageUsage = ""","usage":{"input_tokens":4,"cache_read_input_tokens":7,"output_tokens":7}}""";

    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "metering.txt");

    private static readonly MeteredCall[] Calls =
    [
        new("chat/completions", Chat("false"), """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi there"},"finish_reason":"stop"}]""" + ChatUsage, Chat("true"),
            Data("""{"choices":[{"index":0,"delta":{"content":"Hi there"}}]}"""), Data("""{"choices":[]""" + ChatUsage)),
        new("completions", Prompt("false"), """{"choices":[{"index":0,"text":"Hi there"}]""" + ChatUsage, Prompt("true"),
            Data("""{"choices":[{"index":0,"text":"Hi there"}]}"""), Data("""{"choices":[]""" + ChatUsage)),
        new("embeddings", """{"model":"gpt-4o","input":"Hello"}""", """{"object":"list","data":[],"usage":{"prompt_tokens":11,"total_tokens":11}}""", null, "", ""),
        new("responses", Input("false"), """{"id":"r","status":"completed","output":[]""" + ResponseUsage, Input("true"),
            Data("""{"type":"response.output_text.delta","delta":"Hi there"}"""), Data("""{"type":"response.completed","response":{"id":"r","status":"completed","output":[]""" + ResponseUsage + "}")),
        new("responses/compact", """{"model":"gpt-4o","input":"Hello"}""", """{"id":"c","output":[]""" + ResponseUsage, null, "", ""),
        new("responses/input_tokens", """{"model":"gpt-4o","input":"Hello"}""", """{"object":"response.input_tokens","input_tokens":11}""", null, "", ""),
        new("messages", Message("false"), """{"id":"m","content":[]""" + MessageUsage, Message("true"),
            Data("""{"type":"message_start","message":{"usage":{"input_tokens":4,"cache_read_input_tokens":7,"output_tokens":1}}}""") + Data("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi there"}}"""),
            Data("""{"type":"message_delta","delta":{},"usage":{"output_tokens":7}}""")),
        new("messages/count_tokens", """{"model":"gpt-4o","messages":[]}""", """{"input_tokens":11}""", null, "", ""),
        new("moderations", """{"model":"gpt-4o","input":"Hello"}""", """{"id":"m","results":[]}""", null, "", ""),
        new("images/generations", Picture("false"), """{"created":1,"data":[],"usage":{"input_tokens":11,"output_tokens":7,"total_tokens":18}}""", Picture("true"),
            Data("""{"type":"image_generation.partial_image","b64_json":"AA"}"""), Data("""{"type":"image_generation.completed","b64_json":"AA","usage":{"input_tokens":11,"output_tokens":7,"total_tokens":18}}""")),
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_is_metered_as_the_table_says()
    {
        await using var provider = new MeteredUpstream(Calls);
        await using var gateway = await GatewayHost.StartAsync(
            provider.Upstream, "--Gateway:Models:0:Price:Input=1", "--Gateway:Models:0:Price:Output=10", "--Gateway:Models:0:Price:PerImage=0.01");
        var key = await gateway.NewKeyAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 1_000_000, per = "day" } } });
        using var caller = gateway.Client(key);

        var lines = new List<string>();
        foreach (var call in Calls)
        {
            foreach (var ending in call.Stream is null ? [Ending.Whole, Ending.Refused] : Enum.GetValues<Ending>())
            {
                provider.Ending = ending;
                lines.Add(Line(call, ending.ToString(), await gateway.RowAsync(await MakeAsync(provider, caller, call, ending))));
            }

            using var poor = await gateway.NewCallerAsync(new { name = "poor", limits = new[] { new { unit = "requests", limit = 1, per = "day" } } });
            provider.Ending = Ending.Whole;
            await MakeAsync(provider, poor, call, Ending.Whole);
            lines.Add(Line(call, "Denied", await gateway.RowAsync(await MakeAsync(provider, poor, call, Ending.Whole))));
        }

        Assert.Equal((await File.ReadAllTextAsync(Golden, Cancel)).TrimEnd().Split('\n'), lines);
    }

    [Fact]
    public void No_call_is_missing() => Assert.Equal(ApiEndpoint.All.Select(endpoint => endpoint.Path).Order(StringComparer.Ordinal), Calls.Select(call => call.Path).Order(StringComparer.Ordinal));

    private static async Task<string> MakeAsync(MeteredUpstream provider, HttpClient caller, MeteredCall call, Ending ending)
    {
        var streams = ending is Ending.Stream or Ending.Cut or Ending.Left;
        using var response = await caller.CallAsync((streams ? call.Stream : call.Ask) ?? "", $"/v1/{call.Path}", Cancel);
        var id = response.RequestId();
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        if (ending is Ending.Left or Ending.Cut)
        {
            // The answer has begun; leaving is disposing of it, and the upstream breaks off when it is told that the caller has something.
            var begun = await body.ReadAsync(new byte[16], Cancel);
            Assert.NotEqual(0, begun);
            if (ending is Ending.Cut)
            {
                provider.CallerHasBegun();
            }
        }

        if (ending is not Ending.Left)
        {
            try
            {
                await body.CopyToAsync(Stream.Null, Cancel);
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException)
            {
                Assert.Equal(Ending.Cut, ending);
            }
        }

        return id;
    }

    private static string Line(MeteredCall call, string ending, JsonElement row)
    {
        var cost = row.GetProperty("cost_usd");
        return string.Create(CultureInfo.InvariantCulture,
            $"{call.Path} {ending.ToLowerInvariant()}: {row.GetProperty("status")} {row.GetProperty("outcome")} {row.GetProperty("token_source")} "
            + $"{row.GetProperty("input_tokens")}+{row.GetProperty("cached_tokens")} in {row.GetProperty("output_tokens")} out "
            + $"usd {(cost.ValueKind == JsonValueKind.Null ? "-" : cost.GetDecimal())} reserved {row.GetProperty("reserved_tokens")}");
    }

    private static string Chat(string stream) => $$"""{"model":"gpt-4o","max_tokens":50,"stream":{{stream}},"messages":[{"role":"user","content":"Hello"}]}""";

    private static string Prompt(string stream) => $$"""{"model":"gpt-4o","max_tokens":50,"stream":{{stream}},"prompt":"Hello"}""";

    private static string Input(string stream) => $$"""{"model":"gpt-4o","max_output_tokens":50,"stream":{{stream}},"input":"Hello"}""";

    private static string Message(string stream) => $$"""{"model":"gpt-4o","max_tokens":50,"stream":{{stream}},"messages":[{"role":"user","content":"Hello"}]}""";

    private static string Picture(string stream) => $$"""{"model":"gpt-4o","n":1,"stream":{{stream}},"prompt":"Hello"}""";

    private static string Data(string json) => $"data: {json}\n\n";
}
