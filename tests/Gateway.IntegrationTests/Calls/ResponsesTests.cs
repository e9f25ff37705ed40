using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>The Responses API: forwarded, metered and limited as chat is, and what was made for one key stays that key's.</summary>
public sealed class ResponsesTests
{
    private const string Ask = """{"model":"gpt-4o","input":"Hello"}""";

    private const string AskStream = """{"model":"gpt-4o","input":"Hello","stream":true}""";

    private const string Usage = """{"input_tokens":11,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":18}""";

    private static readonly string Answer = Body("resp_1", "completed", Usage);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_answer_passes_untouched_and_its_usage_is_recorded()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Ask, "/v1/responses", Cancel);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(Ask, upstream.Calls.Single().BodyText);
        var row = await gateway.RowAsync(response.RequestId());
        AssertRow(row, "completed", "provider", 11, 7);
        Assert.Equal("responses", row.GetProperty("endpoint").GetString());
        Assert.Equal(4, row.GetProperty("cached_tokens").GetInt64());
        Assert.Equal(3, row.GetProperty("reasoning_tokens").GetInt64());
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("incomplete")]
    [InlineData("failed")]
    public async Task A_streams_usage_stands_in_its_last_event_and_the_stream_is_not_touched(string end)
    {
        var events = Stream(end, Body("resp_1", end, Usage));
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(events));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(AskStream, "/responses", Cancel);

        Assert.Equal(events, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(AskStream, upstream.Calls.Single().BodyText);
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", "provider", 11, 7);
    }

    [Fact]
    public async Task A_stream_that_ends_without_usage_is_counted_by_its_deltas()
    {
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Created, Delta("Hi there"), TextDone));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(AskStream, "/v1/responses", Cancel);
        await response.Content.ReadAsStringAsync(Cancel);

        // Hello = 1, +3 for the message, +3 for the answer's start; "Hi there" = 2, and not again in what repeats it.
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", "counted", 7, 2);
    }

    [Fact]
    public async Task Usage_is_found_in_a_last_event_that_is_larger_than_what_is_kept_of_one()
    {
        var whole = Body("resp_1", "completed", Usage).Replace("\"output\":[]", $"\"output\":[{{\"type\":\"image_generation_call\",\"result\":\"{new string('A', 3 << 20)}\"}}]", StringComparison.Ordinal);
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Created, $"event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{whole}}}\n\n"));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(AskStream, "/v1/responses", Cancel);
        await response.Content.ReadAsStringAsync(Cancel);

        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", "provider", 11, 7);
    }

    [Fact]
    public async Task A_hard_limit_caps_the_answer_in_this_calls_own_field()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 50, per = "day" } } });

        // max_tokens caps nothing here, so it must not make the reservation smaller.
        using var response = await caller.CallAsync("""{"model":"gpt-4o","input":"Hello","max_tokens":1}""", "/v1/responses", Cancel);

        Assert.Equal(43, (int?)JsonNode.Parse(upstream.Calls.Single().BodyText)?["max_output_tokens"]);
        Assert.Equal("43", response.Headers.GetValues("x-gateway-max-output-tokens").Single());
    }

    [Fact]
    public async Task A_stored_response_is_its_own_keys_and_nobody_elses()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        using var made = await owner.CallAsync(Ask, "/v1/responses", Cancel);
        await made.Content.ReadAsStringAsync(Cancel);

        foreach (var (method, path) in new[] { ("GET", "/v1/responses/resp_1?include[]=x"), ("GET", "/v1/responses/resp_1/input_items"), ("POST", "/responses/resp_1/cancel"), ("DELETE", "/v1/responses/resp_1") })
        {
            using var foreign = await SendAsync(other, method, path);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, foreign.StatusCode));
            Assert.Single(upstream.Calls, call => call.RequestLine.StartsWith("POST /v1/responses ", StringComparison.Ordinal));
            using var own = await SendAsync(owner, method, path);
            Assert.Equal((path, HttpStatusCode.OK), (path, own.StatusCode));
            Assert.Equal($"{method} {(path.StartsWith("/v1", StringComparison.Ordinal) ? path : "/v1" + path)} HTTP/1.1", upstream.Calls.Last().RequestLine);
            AssertRow(await gateway.RowAsync(own.RequestId()), "completed", "none", 0, 0);
        }

        using var unknown = await SendAsync(owner, "GET", "/v1/responses/resp_2");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Nobody_goes_on_from_another_keys_response()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        using var made = await owner.CallAsync(Ask, "/v1/responses", Cancel);
        await made.Content.ReadAsStringAsync(Cancel);
        const string next = """{"model":"gpt-4o","input":"Hello","previous_response_id":"resp_1"}""";

        using var foreign = await other.CallAsync(next, "/v1/responses", Cancel);
        using var own = await owner.CallAsync(next, "/v1/responses", Cancel);

        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.Equal(2, upstream.Calls.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_background_response_is_charged_once_when_its_usage_is_known(bool isAskedFor)
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(call.RequestLine.StartsWith("POST", StringComparison.Ordinal) ? Body("resp_1", "queued", "null") : Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 5000, per = "day" } } });

        using var made = await caller.CallAsync("""{"model":"gpt-4o","input":"Hello","background":true}""", "/v1/responses", Cancel);
        await made.Content.ReadAsStringAsync(Cancel);
        for (var times = 0; isAskedFor && times < 3; times++)
        {
            using var asked = await SendAsync(caller, "GET", "/v1/responses/resp_1");
            Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        }

        AssertRow(await gateway.RowAsync(made.RequestId()), "completed", "provider", 11, 7);
        Assert.Equal(18, (await KeyAsync(caller)).GetProperty("limits")[0].GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task Counting_input_is_a_request_and_costs_nothing_else()
    {
        await using var upstream = FakeUpstream.Answering("""{"object":"response.input_tokens","input_tokens":11}""");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 1, per = "day" } } });

        using var response = await caller.CallAsync(Ask, "/v1/responses/input_tokens", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", "none", 0, 0);
    }

    [Theory]
    [InlineData("/v1/responses")]
    [InlineData("/v1/models")]
    [InlineData("/v1/nothing")]
    public async Task A_websocket_is_answered_426_wherever_none_is_served(string path)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();
        const string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

        var refused = await RawHttp.ExchangeAsync(gateway.Address.Port, $"GET {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {key}\r\n{upgrade}\r\n", Cancel);
        var stranger = await RawHttp.ExchangeAsync(gateway.Address.Port, $"GET {path} HTTP/1.1\r\nHost: gateway\r\n{upgrade}\r\n", Cancel);

        Assert.Equal((426, "upgrade_not_supported"), (refused.Status, refused.ErrorCode));
        Assert.Equal(401, stranger.Status);
        Assert.Empty(upstream.Calls);
    }

    private static string Created => $"event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{Body("resp_1", "in_progress", "null")}}}\n\n";

    private static string TextDone => "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,\"text\":\"Hi there\"}\n\n";

    private static string Delta(string text) =>
        $$"""event: response.output_text.delta{{"\n"}}data: {"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"{{text}}"}""" + "\n\n";

    private static string Stream(string end, string whole) =>
        Created + Delta("Hi") + Delta(" there") + TextDone + $"event: response.{end}\ndata: {{\"type\":\"response.{end}\",\"response\":{whole}}}\n\n";

    private static string Body(string id, string status, string usage) =>
        $$"""{"id":"{{id}}","object":"response","status":"{{status}}","output":[],"usage":{{usage}}}""";

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path) =>
        client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);

    private static async Task<JsonElement> KeyAsync(HttpClient caller) => JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel));

    private static void AssertRow(JsonElement row, string outcome, string source, long input, long output) => Assert.Equal(
        (outcome, source, input, output),
        (row.GetProperty("outcome").GetString() ?? "", row.GetProperty("token_source").GetString() ?? "", row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64()));
}
