using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Anthropic's Messages API: forwarded as it came, metered and limited as chat is, and every refusal in Anthropic's own shape.</summary>
public sealed class MessagesTests
{
    private const string Ask = """{"model":"gpt-4o","max_tokens":100,"metadata":{"user_id":"u-1"},"messages":[{"role":"user","content":"Hello"}]}""";

    private const string AskStream = """{"model":"gpt-4o","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hello"}]}""";

    private const string Answer = """{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi there"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":7}}""";

    private const string Start = "event: message_start\n" + """data: {"type":"message_start","message":{"id":"msg_1","type":"message","content":[],"usage":{"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":1}}}""" + "\n\n";

    private const string Text = "event: content_block_delta\n" + """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi there"}}""" + "\n\n";

    private const string End = "event: message_delta\n" + """data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}""" + "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_answer_passes_untouched_and_cached_input_is_part_of_the_input()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:0:Price:Input=1", "--Gateway:Models:0:Price:CachedInput=0.1", "--Gateway:Models:0:Price:CacheWrite=2", "--Gateway:Models:0:Price:Output=10");
        using var caller = await gateway.NewCallerAsync();
        caller.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        caller.DefaultRequestHeaders.Add("anthropic-beta", "a-1,b-2");

        using var response = await caller.CallAsync(Ask, "/v1/messages?beta=true", Cancel);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Cancel));
        var sent = upstream.Calls.Single();
        Assert.Equal("POST /v1/messages?beta=true HTTP/1.1", sent.RequestLine);
        Assert.Equal((Ask, "2023-06-01", "a-1,b-2"), (sent.BodyText, sent.Header("anthropic-version"), sent.Header("anthropic-beta")));
        Assert.Equal(response.RequestId(), response.Headers.GetValues("request-id").Single());
        var row = await gateway.RowAsync(response.RequestId());
        AssertRow(row, "completed", "provider", 55, 7);
        Assert.Equal("u-1", row.GetProperty("user").GetString());
        Assert.Equal(30, row.GetProperty("cached_tokens").GetInt64());

        // 5 at 1, 30 at 0.1, 20 at 2 and 7 at 10.
        Assert.Equal(0.000118m, row.GetProperty("cost_usd").GetDecimal());
    }

    [Fact]
    public async Task A_streams_usage_comes_in_two_parts_and_the_stream_is_not_touched()
    {
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Start, Text, End));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(AskStream, "/v1/messages", Cancel);

        Assert.Equal(Start + Text + End, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(AskStream, upstream.Calls.Single().BodyText);
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", "provider", 55, 7);
    }

    [Fact]
    public async Task A_stream_that_is_cut_costs_the_prompt_as_told_and_the_answer_as_counted()
    {
        var hasBegun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Start + Text);
            // A reset would throw away what has come and was not read.
            await hasBegun.Task;
            call.Cut();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync($"POST /v1/messages HTTP/1.1\r\nHost: gateway\r\nx-api-key: {key}\r\nContent-Type: application/json\r\nContent-Length: {AskStream.Length}\r\n\r\n{AskStream}");
        var id = (await http.ReadHeadAsync()).Header("x-request-id") ?? "";
        hasBegun.SetResult();

        AssertRow(await gateway.RowAsync(id), "upstream_cut", "counted", 55, 2);
    }

    [Fact]
    public async Task A_hard_limit_lowers_max_tokens_and_is_told_in_anthropics_headers_too()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 50, per = "day" } } });

        using var response = await caller.CallAsync(Ask, "/v1/messages", Cancel);

        Assert.Equal(42, (int?)JsonNode.Parse(upstream.Calls.Single().BodyText)?["max_tokens"]);
        Assert.Equal("50", response.Headers.GetValues("anthropic-ratelimit-tokens-limit").Single());
        Assert.Equal("0", response.Headers.GetValues("anthropic-ratelimit-input-tokens-remaining").Single());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*Z$", response.Headers.GetValues("anthropic-ratelimit-tokens-reset").Single());
        Assert.Equal("50", response.Headers.GetValues("x-ratelimit-limit-tokens").Single());
    }

    [Theory]
    [InlineData("/v1/messages", Ask, "x", 401, "authentication_error")]
    [InlineData("/V1/MESSAGES", Ask, "x", 401, "authentication_error")]
    [InlineData("/v1/messages", """{"model":"no-such","messages":[]}""", null, 404, "not_found_error")]
    [InlineData("/messages", "{", null, 400, "invalid_request_error")]
    [InlineData("/v1/messages/count_tokens", "[]", null, 400, "invalid_request_error")]
    [InlineData("/v1/messages/batches", "{}", null, 404, "not_found_error")]
    [InlineData("/v1/messages//x", "{}", null, 400, "invalid_request_error")]
    [InlineData("/v1/messages", """{"model":"echo","messages":[]}""", null, 400, "invalid_request_error")]
    public async Task Every_refusal_has_anthropics_shape(string path, string body, string? key, int status, string type)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        key ??= await gateway.NewKeyAsync();

        var refused = await RawHttp.ExchangeAsync(
            gateway.Address.Port, $"POST {path} HTTP/1.1\r\nHost: gateway\r\nx-api-key: {key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}", Cancel);

        AssertAnthropic(refused.Text, type, refused.Header("request-id"));
        Assert.Equal(status, refused.Status);
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task A_body_that_is_too_large_and_a_limit_that_is_spent_have_it_too()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:MaxRequestBodyBytes=1024");
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "requests", limit = 1, per = "minute" } } });

        using var large = await caller.CallAsync(new string(' ', 2000), "/v1/messages", Cancel);
        using var served = await caller.CallAsync(Ask, "/v1/messages", Cancel);
        using var denied = await caller.CallAsync(Ask, "/v1/messages", Cancel);

        AssertAnthropic(await large.Content.ReadAsStringAsync(Cancel), "request_too_large", large.RequestId());
        AssertAnthropic(await denied.Content.ReadAsStringAsync(Cancel), "rate_limit_error", denied.RequestId());
        Assert.Equal(HttpStatusCode.TooManyRequests, denied.StatusCode);
        Assert.Equal("1", denied.Headers.GetValues("anthropic-ratelimit-requests-limit").Single());
    }

    [Fact]
    public async Task An_error_of_the_upstreams_own_passes_as_it_is()
    {
        const string error = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_up"}""";
        await using var upstream = FakeUpstream.Answering(error, 529, "request-id: req_up");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Ask, "/v1/messages", Cancel);

        Assert.Equal(529, (int)response.StatusCode);
        Assert.Equal(error, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("req_up", response.Headers.GetValues("x-upstream-request-id").Single());
        AssertRow(await gateway.RowAsync(response.RequestId()), "upstream_error", "none", 0, 0);
    }

    [Fact]
    public async Task Counting_tokens_is_a_request_and_costs_nothing_else()
    {
        await using var upstream = FakeUpstream.Answering("""{"input_tokens":14}""");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync("""{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}""", "/v1/messages/count_tokens", Cancel);

        Assert.Equal("""{"input_tokens":14}""", await response.Content.ReadAsStringAsync(Cancel));
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", "none", 0, 0);
    }

    private static void AssertAnthropic(string body, string type, string? requestId)
    {
        var error = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal(("error", type, requestId), (error.GetProperty("type").GetString(), error.GetProperty("error").GetProperty("type").GetString(), error.GetProperty("request_id").GetString()));
        Assert.NotEmpty(error.GetProperty("error").GetProperty("message").GetString() ?? "");
    }

    private static void AssertRow(JsonElement row, string outcome, string source, long input, long output) => Assert.Equal(
        (outcome, source, input, output),
        (row.GetProperty("outcome").GetString() ?? "", row.GetProperty("token_source").GetString() ?? "", row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64()));
}
