using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Failover;

/// <summary>A call whose target fails goes on to the next one before the first byte, and never after it.</summary>
public sealed class AttemptTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401)]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(529)]
    public async Task The_next_target_serves_what_the_first_one_failed(int status)
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"no"}}""", status, "x-only-a: 1");
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(TwoUpstreams.Answer("b"), await response.Content.ReadAsStringAsync(Cancel));
        Assert.False(response.Headers.Contains("x-only-a"));
        Assert.Equal("""{"model":"model-a","messages":[{"role":"user","content":"Hello"}]}""", a.Calls.Single().BodyText);
        Assert.Equal("""{"model":"model-b","messages":[{"role":"user","content":"Hello"}]}""", b.Calls.Single().BodyText);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("completed", "b", "model-b", 2), (row.GetProperty("outcome").GetString(), row.GetProperty("provider").GetString(), row.GetProperty("upstream_model").GetString(), row.GetProperty("attempts").GetInt32()));
        Assert.Equal([("a", status), ("b", 200)], Attempts(row));
    }

    [Fact]
    public async Task A_target_that_is_not_there_costs_the_caller_nothing()
    {
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(GatewayProcess.FreeAddress() + "/v1", b.BaseUrl);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal("upstream_unreachable", row.GetProperty("attempt_list")[0].GetProperty("error_code").GetString());
        Assert.Equal((9, 2), (row.GetProperty("input_tokens").GetInt32(), row.GetProperty("output_tokens").GetInt32()));
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("reset")]
    [InlineData("headers only")]
    public async Task A_target_that_breaks_off_before_its_first_byte_is_passed_over(string fault)
    {
        await using var a = FakeUpstream.Start(async call =>
        {
            if (fault == "silent")
            {
                await call.GoneAsync(Cancel);
                return;
            }

            if (fault == "headers only")
            {
                await call.BeginChunkedAsync("text/event-stream", "x-only-a: 1");
            }

            call.Reset();
        });
        await using var b = FakeUpstream.Streaming(Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done));
        await using var gateway = await TwoUpstreams.StartAsync(a, b, "--Gateway:Timeouts:FirstByteSeconds=1");
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);

        Assert.Equal(Sse.Delta("Hi") + Sse.Done, await response.Content.ReadAsStringAsync(Cancel));
        Assert.False(response.Headers.Contains("x-only-a"));
        Assert.Single(b.Calls);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("completed", 11, 7), (row.GetProperty("outcome").GetString(), row.GetProperty("input_tokens").GetInt32(), row.GetProperty("output_tokens").GetInt32()));
    }

    [Fact]
    public async Task After_the_first_byte_a_broken_stream_is_broken_off_and_nobody_else_is_asked()
    {
        await using var a = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi"));
            call.Reset();
        });
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync();

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);
            await response.Content.ReadAsStringAsync(Cancel);
        });

        Assert.Empty(b.Calls);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task A_call_that_is_wrong_is_wrong_everywhere(int status)
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"wrong"}}""", status);
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal((status, """{"error":{"message":"wrong"}}"""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel)));
        Assert.Empty(b.Calls);
    }

    [Fact]
    public async Task An_upstream_that_wants_no_second_try_gets_its_way()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"no"}}""", 500, "x-should-retry: false");
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(500, (int)response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        Assert.Empty(b.Calls);
    }

    [Fact]
    public async Task The_last_providers_own_error_passes_when_nobody_is_left()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"a"}}""", 500);
        await using var b = FakeUpstream.Answering("""{"error":{"message":"b"}}""", 429, "retry-after: 7", "x-request-id: up-b");
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync(new { name = "k", limits = new[] { new { unit = "tokens", limit = 1000, per = "day" } } });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal((429, """{"error":{"message":"b"}}"""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel)));
        Assert.Equal(["7", "up-b", "1000"], from name in (string[])["retry-after", "x-upstream-request-id", "x-ratelimit-limit-tokens"] select response.Headers.GetValues(name).Single());
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("upstream_error", 0, 2), (row.GetProperty("outcome").GetString(), row.GetProperty("input_tokens").GetInt32(), row.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task What_a_provider_said_is_worth_more_than_that_the_next_was_not_there()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"a"}}""", 429);
        await using var gateway = await TwoUpstreams.StartAsync(a.BaseUrl, GatewayProcess.FreeAddress() + "/v1");
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal((429, """{"error":{"message":"a"}}"""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel)));
    }

    [Fact]
    public async Task One_reservation_covers_all_attempts_and_whoever_serves_is_paid()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"a"}}""", 500);
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(a, b, "--Gateway:Models:0:MaxOutputTokens=50", "--Gateway:Providers:b:OutputCapField=max_tokens", "--Gateway:Models:0:Price:Input=1000000", "--Gateway:Models:0:Price:Output=1000000");
        using var caller = await gateway.NewCallerAsync(new { name = "k", limits = new object[] { new { unit = "tokens", limit = 1000, per = "day" }, new { unit = "requests", limit = 10, per = "day" } } });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"max_completion_tokens\":50", a.Calls.Single().BodyText, StringComparison.Ordinal);
        Assert.Contains("\"max_tokens\":50", b.Calls.Single().BodyText, StringComparison.Ordinal);
        Assert.Equal(11, (await gateway.RowAsync(response.RequestId())).GetProperty("cost_usd").GetDecimal());
        var limits = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync("/v1/key", Cancel)).GetProperty("limits").EnumerateArray();
        Assert.Equal([("tokens", 11, 0), ("requests", 1, 0)], limits.Select(limit => (limit.GetProperty("unit").GetString(), limit.GetProperty("used").GetInt32(), limit.GetProperty("reserved").GetInt32())));
    }

    [Fact]
    public async Task A_fallback_model_takes_over_with_its_own_settings()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"a"}}""", 500);
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(
            a, a, "--Gateway:Models:0:Fallbacks:0=small", "--Gateway:Models:1:Name=small", "--Gateway:Models:1:Targets:0:Provider=c", $"--Gateway:Providers:c:BaseUrl={b.BaseUrl}", "--Gateway:Models:1:Price:Output=500000");
        // The key may use the asked model only: where it leads is the admin's decision.
        string[] models = ["gpt-4o"];
        using var caller = await gateway.NewCallerAsync(new { name = "k", models });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, a.Calls.Count);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("gpt-4o", "c", "small", 1m), (row.GetProperty("model").GetString(), row.GetProperty("provider").GetString(), row.GetProperty("upstream_model").GetString(), row.GetProperty("cost_usd").GetDecimal()));
        Assert.Equal([("a", 500), ("b", 500), ("c", 200)], Attempts(row));
    }

    [Fact]
    public async Task A_lone_target_is_asked_again_and_again_whatever_it_answered()
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"slow down"}}""", 429, "retry-after: 60");
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        for (var i = 0; i < 5; i++)
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            Assert.Equal(429, (int)response.StatusCode);
        }

        Assert.Equal(5, upstream.Calls.Count);
    }

    [Fact]
    public async Task Where_all_providers_asked_for_a_pause_the_caller_is_told_how_long()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"a"}}""", 429, "retry-after: 40");
        await using var b = FakeUpstream.Answering("""{"error":{"message":"b"}}""", 429, "retry-after-ms: 30000");
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync();
        using var first = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        using var second = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal((429, 503), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Contains("no_healthy_target", await second.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.InRange(int.Parse(second.Headers.GetValues("retry-after").Single(), System.Globalization.CultureInfo.InvariantCulture), 25, 30);
        Assert.Equal((1, 1), (a.Calls.Count, b.Calls.Count));
        var row = await gateway.RowAsync(second.RequestId());
        Assert.Equal((0, 0), (row.GetProperty("attempts").GetInt32(), row.GetProperty("attempt_list").GetArrayLength()));
    }

    [Fact]
    public async Task The_admin_sees_who_fails_and_who_is_left_alone()
    {
        await using var a = FakeUpstream.Answering("""{"error":{"message":"Incorrect API key provided: sk-upstream-secret-of-a-0123456789"}}""", 401);
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await TwoUpstreams.StartAsync(a, b);
        using var caller = await gateway.NewCallerAsync();
        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        var text = await gateway.Admin.GetStringAsync("/admin/providers", Cancel);
        var providers = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("data").EnumerateArray().ToDictionary(provider => provider.GetProperty("name").GetString() ?? "");
        var model = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync("/admin/models", Cancel)).GetProperty("data")[0];

        Assert.Equal(("failing", "healthy"), (providers["a"].GetProperty("health").GetString(), providers["b"].GetProperty("health").GetString()));
        Assert.Equal(1, providers["a"].GetProperty("error_rate").GetDouble());
        Assert.NotEqual(JsonValueKind.Null, providers["a"].GetProperty("cooling_until").ValueKind);
        Assert.Contains("401", providers["a"].GetProperty("last_error").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-upstream", text, StringComparison.Ordinal);
        Assert.Equal([false, true], model.GetProperty("targets").EnumerateArray().Select(target => target.GetProperty("healthy").GetBoolean()));
        var metrics = await gateway.Admin.GetStringAsync("/metrics", Cancel);
        Assert.Contains("gateway_target_healthy{model=\"gpt-4o\",provider=\"a\"} 0", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_target_healthy{model=\"gpt-4o\",provider=\"b\"} 1", metrics, StringComparison.Ordinal);
    }

    private static IEnumerable<(string?, int)> Attempts(JsonElement row) =>
        row.GetProperty("attempt_list").EnumerateArray().Select(attempt => (attempt.GetProperty("provider").GetString(), attempt.GetProperty("status").GetInt32()));
}
