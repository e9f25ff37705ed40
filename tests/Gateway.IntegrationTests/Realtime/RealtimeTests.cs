using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Realtime;

/// <summary>Sessions over a WebSocket: passed on, metered by response, ended with a reason when their limits are spent.</summary>
public sealed class RealtimeTests
{
    private const string Create = """{"type":"response.create"}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_passes_both_ways_and_its_first_response_is_the_row_of_its_id()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl, "--Gateway:Models:1:Name=talk", "--Gateway:Models:1:Targets:0:Provider=fake", "--Gateway:Models:1:Targets:0:Model=gpt-realtime-x", "--Gateway:Models:1:Price:Input=4", "--Gateway:Models:1:Price:Output=16");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync(), "talk&voice=a%20b");

        Assert.Equal(RealtimeProvider.Created, await socket.HearAsync());
        var large = $$"""{"type":"conversation.item.create","item":"{{new string('x', 200_000)}}"}""";
        await socket.SayAsync(large);
        Assert.Contains(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(large))), await socket.HearAsync() ?? "", StringComparison.Ordinal);
        await socket.SayAsync(Create);
        await socket.HearUntilAsync("response.done");
        await socket.SayAsync(Create);
        await socket.HearUntilAsync("response.done");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancel);

        Assert.Equal("?voice=a%20b&model=gpt-realtime-x", provider.Query);
        Assert.Equal("Bearer sk-upstream-secret-0123456789", provider.Headers?.Authorization.ToString());
        var row = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("realtime", "talk", "gpt-realtime-x", "completed", "provider", 101), (Text(row, "endpoint"), Text(row, "model"), Text(row, "upstream_model"), Text(row, "outcome"), Text(row, "token_source"), row.GetProperty("status").GetInt32()));
        Assert.Equal((30, 12, 5, 0.000312), (Number(row, "input_tokens"), Number(row, "output_tokens"), Number(row, "cached_tokens"), row.GetProperty("cost_usd").GetDouble()));
        Assert.Equal([30, 30], (await RowsAsync(gateway, 2)).Select(each => Number(each, "input_tokens")));
    }

    [Fact]
    public async Task A_browser_shows_its_key_among_the_protocols_and_the_provider_does_not_see_it()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        var key = await gateway.NewKeyAsync();

        using var socket = await OpenAsync(gateway, null, "gpt-4o", "realtime", "openai-insecure-api-key." + key);

        Assert.Equal("realtime", socket.SubProtocol);
        Assert.Equal(["realtime"], provider.Protocols);
        Assert.DoesNotContain(key, string.Concat(provider.Headers?.Select(header => header.Value.ToString()) ?? []), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_ends_with_an_error_and_a_reason_when_its_limit_is_spent()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        var key = await LimitedAsync(gateway, 2000);
        provider.Usage = (1200, 300);
        using var socket = await OpenAsync(gateway, key, "gpt-4o");
        await socket.SayAsync(Create);

        var error = await socket.HearUntilAsync("\"type\":\"error\"");
        Assert.Null(await socket.HearAsync());

        Assert.Contains("insufficient_quota", error, StringComparison.Ordinal);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        Assert.StartsWith("insufficient_quota", socket.CloseStatusDescription, StringComparison.Ordinal);
        await provider.Gone.Task.WaitAsync(TimeSpan.FromSeconds(5), Cancel);
        Assert.Equal(["completed", "denied"], (await RowsAsync(gateway, 2)).Select(row => Text(row, "outcome")).Order());
        Assert.Equal((1500, 0), await LimitAsync(gateway, key));
    }

    [Fact]
    public async Task A_message_that_makes_the_conversation_too_long_for_the_limit_does_not_go_out()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        var key = await LimitedAsync(gateway, 5000);
        using var socket = await OpenAsync(gateway, key, "gpt-4o");

        await socket.SayAsync($$"""{"type":"conversation.item.create","item":"{{new string('x', 10_000)}}"}""");
        await socket.HearUntilAsync("\"type\":\"error\"");

        Assert.Empty(provider.Received);
        Assert.Null(await socket.HearAsync());
        Assert.Equal((0, 0), await LimitAsync(gateway, key));
    }

    [Theory]
    [InlineData(5000, false)]
    [InlineData(20_000, true)]
    public async Task What_is_transcribed_beside_the_responses_is_reserved_for_and_charged(int limit, bool fits)
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        provider.Heard = (1870, 400);
        provider.Usage = (3000, 100);
        var key = await LimitedAsync(gateway, limit);
        using var socket = await OpenAsync(gateway, key, "gpt-4o");

        // About 1,876 tokens of sound.
        await socket.SayAsync("""{"type":"session.update","session":{"audio":{"input":{"transcription": {"model":"gpt-4o-transcribe"}}}}}""");
        await socket.SayAsync($$"""{"type":"input_audio_buffer.append","audio":"{{new string('A', 2_000_000)}}"}""");
        if (fits)
        {
            await socket.SayAsync("""{"type":"input_audio_buffer.commit"}""");
            await socket.HearUntilAsync("transcription.completed");
            await socket.SayAsync(Create);
            await socket.HearUntilAsync("response.done");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancel);
            var row = await gateway.RowAsync(RequestId(socket));
            Assert.Equal((4870, 500), (Number(row, "input_tokens"), Number(row, "output_tokens")));
            Assert.True(Number(row, "reserved_tokens") >= 5370, row.GetRawText());
        }
        else
        {
            await socket.HearUntilAsync("\"type\":\"error\"");
            Assert.Null(await socket.HearAsync());
            Assert.DoesNotContain(provider.Received, heard => heard.Contains("append", StringComparison.Ordinal));
            Assert.Equal((0, 0), await LimitAsync(gateway, key));
        }
    }

    [Fact]
    public async Task Audio_counts_by_its_length_and_not_by_its_bytes()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        using var socket = await OpenAsync(gateway, await LimitedAsync(gateway, 10_000), "gpt-4o");

        for (var i = 0; i < 5; i++)
        {
            await socket.SayAsync($$"""{"type":"input_audio_buffer.append","audio":"{{new string('A', 64_000)}}"}""");
            await socket.HearUntilAsync("echo");
        }

        Assert.Equal(5, provider.Received.Count);
    }

    [Fact]
    public async Task Spent_limits_refuse_the_handshake()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);

        Assert.Equal(HttpStatusCode.TooManyRequests, await RefusedAsync(gateway, await LimitedAsync(gateway, 10), "gpt-4o"));
        Assert.Equal("denied", Text((await RowsAsync(gateway, 1))[0], "outcome"));
        Assert.Equal(HttpStatusCode.Unauthorized, await RefusedAsync(gateway, "sk-gw-none", "gpt-4o"));
        Assert.Equal(HttpStatusCode.BadRequest, await RefusedAsync(gateway, await gateway.NewKeyAsync(), ""));
        Assert.Equal(HttpStatusCode.NotFound, await RefusedAsync(gateway, await gateway.NewKeyAsync(), "nope"));
        Assert.Equal(HttpStatusCode.BadGateway, await RefusedAsync(gateway, await gateway.NewKeyAsync(), "gpt-4o&unauthorized=1"));
        Assert.Null(provider.Received.FirstOrDefault());
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_the_providers_side_within_a_second_and_what_ran_is_charged()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        var key = await LimitedAsync(gateway, 50_000);
        var socket = await OpenAsync(gateway, key, "gpt-4o");
        await socket.SayAsync("""{"type":"response.create","note":"hang"}""");
        await socket.HearUntilAsync("response.created");
        var id = RequestId(socket);

        socket.Abort();
        socket.Dispose();

        await provider.Gone.Task.WaitAsync(TimeSpan.FromSeconds(1), Cancel);
        var row = await gateway.RowAsync(id);
        Assert.Equal(("client_disconnected", "reserved"), (Text(row, "outcome"), Text(row, "token_source")));
        Assert.Equal((Number(row, "input_tokens") + Number(row, "output_tokens"), 0), await LimitAsync(gateway, key));
    }

    [Fact]
    public async Task What_the_provider_breaks_off_is_broken_off()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync(), "gpt-4o");
        await socket.HearAsync();

        await socket.SayAsync("""{"type":"cut"}""");

        await Assert.ThrowsAsync<WebSocketException>(socket.HearAsync);
        Assert.Equal("upstream_cut", Text(await gateway.RowAsync(RequestId(socket)), "outcome"));
    }

    [Fact]
    public async Task A_silent_session_is_closed()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl, "--Gateway:Timeouts:IdleSeconds=1");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync(), "gpt-4o");
        await socket.HearAsync();

        Assert.Null(await socket.HearAsync());
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
        Assert.Equal("timed_out", Text(await gateway.RowAsync(RequestId(socket)), "outcome"));
    }

    [Fact]
    public async Task A_revoked_key_ends_its_session_with_a_reason()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        var key = await gateway.NewKeyAsync();
        using var socket = await OpenAsync(gateway, key, "gpt-4o");
        await socket.SayAsync("""{"type":"response.create","note":"hang"}""");
        await socket.HearUntilAsync("response.created");

        await Revocation.OfAsync(gateway, key);

        Assert.Contains("invalid_api_key", await socket.HearUntilAsync("\"type\":\"error\""), StringComparison.Ordinal);
        Assert.Null(await socket.HearAsync());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        Assert.StartsWith("invalid_api_key", socket.CloseStatusDescription, StringComparison.Ordinal);
        await provider.Gone.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal("rejected", Text(await gateway.RowAsync(RequestId(socket)), "outcome"));
    }

    [Fact]
    public async Task A_session_without_a_response_costs_nothing_and_has_its_row()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        var key = await LimitedAsync(gateway, 50_000);
        using var socket = await OpenAsync(gateway, key, "gpt-4o");
        await socket.HearAsync();
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);

        var row = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("completed", "none", 0), (Text(row, "outcome"), Text(row, "token_source"), Number(row, "input_tokens")));
        Assert.Equal((0, 0), await LimitAsync(gateway, key));
    }

    [Theory]
    [InlineData("/v1/realtime/sessions"), InlineData("/v1/realtime/client_secrets"), InlineData("/v1/realtime/transcription_sessions")]
    public async Task Credentials_of_the_provider_are_never_handed_out(string path)
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync("{}", path, Cancel);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("unknown_url", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static Task<string> LimitedAsync(GatewayHost gateway, int tokens) =>
        gateway.NewKeyAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = tokens, per = "day" } } });

    private static async Task<ClientWebSocket> OpenAsync(GatewayHost gateway, string? key, string model, params string[] protocols)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (key is not null)
        {
            socket.Options.SetRequestHeader("Authorization", $"Bearer {key}");
        }

        foreach (var protocol in protocols)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Address.Port}/v1/realtime?model={model}"), Cancel);
        return socket;
    }

    private static async Task<HttpStatusCode> RefusedAsync(GatewayHost gateway, string key, string model)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {key}");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Address.Port}/v1/realtime?model={model}"), Cancel));
        return socket.HttpStatusCode;
    }

    private static string RequestId(ClientWebSocket socket) => socket.HttpResponseHeaders?["x-request-id"].Single() ?? "";

    /// <summary>All rows, once there are that many: the newest first.</summary>
    private static async Task<List<JsonElement>> RowsAsync(GatewayHost gateway, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            var page = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/requests", UriKind.Relative), Cancel));
            if (page.GetProperty("data").GetArrayLength() >= count)
            {
                return [.. page.GetProperty("data").EnumerateArray()];
            }
        }

        throw new InvalidOperationException("The rows did not come.");
    }

    /// <summary>Used and reserved, once nothing is reserved any more.</summary>
    private static async Task<(long Used, long Reserved)> LimitAsync(GatewayHost gateway, string key)
    {
        using var caller = gateway.Client(key);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            var shown = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits")[0];
            if (shown.GetProperty("reserved").GetInt64() == 0)
            {
                return (shown.GetProperty("used").GetInt64(), 0);
            }
        }

        throw new InvalidOperationException("What was reserved is never given back.");
    }

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();

    private static long Number(JsonElement row, string name) => row.GetProperty(name).GetInt64();
}
