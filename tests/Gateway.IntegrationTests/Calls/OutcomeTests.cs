using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Every way a call can end, as the caller sees it and as the ledger tells it.</summary>
public sealed class OutcomeTests
{
    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    private const string AnswerWithoutUsage = """{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi there"},"finish_reason":"stop"}]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_answer_passes_untouched_and_its_usage_is_recorded()
    {
        await using var upstream = FakeUpstream.Answering(Answer, 200, "x-request-id: up-1");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("up-1", response.Headers.GetValues("x-upstream-request-id").Single());
        var row = await gateway.RowAsync(response.RequestId());
        AssertRow(row, "completed", 200, "provider", input: 9, output: 2);
        Assert.Equal("fake", row.GetProperty("provider").GetString());
        Assert.Equal("gpt-4o", row.GetProperty("model").GetString());
        Assert.Equal("up-1", row.GetProperty("upstream_request_id").GetString());
        // Whole milliseconds: on a quick machine the first byte comes within the first of them.
        Assert.InRange(row.GetProperty("ttft_ms").GetInt64(), 0, row.GetProperty("duration_ms").GetInt64());
    }

    [Fact]
    public async Task An_answer_without_usage_is_counted()
    {
        await using var upstream = FakeUpstream.Answering(AnswerWithoutUsage);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        // Hello = 1, +3 a message, +1 for the role's text, +3 for priming; "Hi there" = 2.
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", 200, "counted", input: 8, output: 2);
    }

    [Fact]
    public async Task A_streams_usage_is_asked_for_recorded_and_left_out()
    {
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);

        Assert.Equal(Sse.Delta("Hi") + Sse.Done, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Contains("""include_usage":true""", upstream.Calls.Single().BodyText, StringComparison.Ordinal);
        AssertRow(await gateway.RowAsync(response.RequestId()), "completed", 200, "provider", input: 11, output: 7);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_the_upstream_breaks_off_is_broken_off_for_the_caller(bool reset)
    {
        // An abort may overtake what is on its way to the caller, so the upstream waits until the answer has begun there.
        using var begun = new SemaphoreSlim(0);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi there"));
            await call.ChunkAsync(Sse.Delta(" friend"));
            await begun.WaitAsync(Cancel);
            if (reset)
            {
                call.Reset();
            }
            else
            {
                call.Cut();
            }
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);
        begun.Release();
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Cancel));

        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal("upstream_cut", row.GetProperty("outcome").GetString());
        Assert.Equal("counted", row.GetProperty("token_source").GetString());
        Assert.True(row.GetProperty("input_tokens").GetInt64() > 0);
    }

    [Fact]
    public async Task An_answer_shorter_than_its_length_is_broken_off_and_charged_for_what_came()
    {
        using var begun = new SemaphoreSlim(0);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.WriteAsync("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{\"id\":");
            await begun.WaitAsync(Cancel);
            call.Cut();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        begun.Release();
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Cancel));

        AssertRow(await gateway.RowAsync(response.RequestId()), "upstream_cut", 200, "counted", input: 8, output: 0);
    }

    [Fact]
    public async Task An_answer_without_content_passes_whatever_length_it_names()
    {
        await using var upstream = FakeUpstream.Start(call => call.WriteAsync("HTTP/1.1 204 No Content\r\ncontent-length: 109\r\n\r\n"));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("completed", (await gateway.RowAsync(response.RequestId())).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_caller_who_leaves_midstream_is_charged_for_what_came_and_the_upstream_is_cancelled()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi there"));
            await call.GoneAsync(Cancel);
            gone.SetResult();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);
        await (await response.Content.ReadAsStreamAsync(Cancel)).ReadExactlyAsync(new byte[10], Cancel);
        var id = response.RequestId();
        response.Dispose();

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(1), Cancel);
        AssertRow(await gateway.RowAsync(id), "client_disconnected", 200, "counted", input: 8, output: 2);
    }

    [Theory]
    [InlineData(400), InlineData(404), InlineData(422), InlineData(429), InlineData(500), InlineData(503)]
    public async Task An_upstreams_own_error_passes_as_it_is_and_costs_nothing(int status)
    {
        const string error = """{"error":{"message":"no","type":"x","param":null,"code":"y"}}""";
        await using var upstream = FakeUpstream.Answering(error, status, "retry-after: 7", "x-ratelimit-limit-requests: 5");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(error, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("7", response.Headers.GetValues("retry-after").Single());
        Assert.False(response.Headers.Contains("x-ratelimit-limit-requests"));
        AssertRow(await gateway.RowAsync(response.RequestId()), "upstream_error", status, "none", input: 0, output: 0);
    }

    [Theory]
    [InlineData(401), InlineData(403)]
    public async Task An_upstreams_refusal_of_the_gateways_credential_is_not_the_callers_401(int status)
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"Incorrect API key provided: sk-upstream-secret-0123456789"}}""", status);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("upstream_auth_failed", body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_credential_in_an_upstreams_error_is_masked()
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"bad: sk-upstream-secret-0123456789"}}""", 400);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal("""{"error":{"message":"bad: ***"}}""", await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_not_passed_on()
    {
        await using var upstream = FakeUpstream.Answering("", 302, "location: http://127.0.0.1:9/");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.False(response.Headers.Contains("location"));
        Assert.Single(upstream.Calls);
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_a_502_and_costs_nothing()
    {
        var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await upstream.DisposeAsync();
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("upstream_unreachable", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        AssertRow(await gateway.RowAsync(response.RequestId()), "upstream_error", 502, "none", input: 0, output: 0);
    }

    [Fact]
    public async Task An_upstream_that_never_answers_times_out_and_costs_its_input()
    {
        await using var upstream = FakeUpstream.Start(call => call.GoneAsync(Cancel));
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Timeouts:FirstByteSeconds=1");
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        AssertRow(await gateway.RowAsync(response.RequestId()), "timed_out", 504, "counted", input: 8, output: 0);
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_broken_off()
    {
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi"));
            await call.GoneAsync(Cancel);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Timeouts:IdleSeconds=1");
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Cancel));

        AssertRow(await gateway.RowAsync(response.RequestId()), "timed_out", 200, "counted", input: 8, output: 1);
    }

    private static void AssertRow(JsonElement row, string outcome, int status, string source, long input, long output)
    {
        Assert.Equal(outcome, row.GetProperty("outcome").GetString());
        Assert.Equal(status, row.GetProperty("status").GetInt32());
        Assert.Equal(source, row.GetProperty("token_source").GetString());
        Assert.Equal(input, row.GetProperty("input_tokens").GetInt64());
        Assert.Equal(output, row.GetProperty("output_tokens").GetInt64());
    }
}
