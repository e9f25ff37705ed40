using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Requests that are refused, and paths and methods beside those served.</summary>
public sealed class LimitsOfRequestsTests
{
    private const int MaxBytes = 4096;

    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_says_it_is_too_large_is_refused_before_it_is_read()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);

        var response = await RawHttp.ExchangeAsync(
            gateway.Address.Port, CallersRequest.Head(await gateway.NewKeyAsync(), "Content-Type: application/json", $"Content-Length: {MaxBytes + 1}"), Cancel);

        Assert.Equal((413, "request_too_large"), (response.Status, response.ErrorCode));
        await AssertRejectedAsync(gateway, response, 413, "request_too_large");
    }

    [Fact]
    public async Task A_chunked_body_is_refused_when_it_has_become_too_large()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync(CallersRequest.Head(await gateway.NewKeyAsync(), "Content-Type: application/json", "Transfer-Encoding: chunked"));
        await http.SendAsync($"{MaxBytes + 1:x}\r\n{new string(' ', MaxBytes + 1)}\r\n");
        var response = await http.ReadResponseAsync();

        Assert.Equal((413, "request_too_large"), (response.Status, response.ErrorCode));
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task A_body_at_the_limit_passes_told_or_chunked()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        var key = await gateway.NewKeyAsync();
        var body = Caller.Chat + new string(' ', MaxBytes - Caller.Chat.Length);

        var told = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(key, body), Cancel);
        var chunked = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Head(key, "Transfer-Encoding: chunked") + $"{MaxBytes:x}\r\n{body}\r\n0\r\n\r\n", Cancel);

        Assert.Equal((200, 200), (told.Status, chunked.Status));
        Assert.All(upstream.Calls, call => Assert.Equal(body, call.BodyText));
    }

    [Fact]
    public async Task A_body_that_stalls_is_a_408()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync(CallersRequest.Head(await gateway.NewKeyAsync(), "Content-Length: 100") + "{");
        var response = await http.ReadResponseAsync();

        Assert.Equal((408, "request_timeout"), (response.Status, response.ErrorCode));
        await AssertRejectedAsync(gateway, response, 408, "request_timeout");
        Assert.True(await http.IsClosedByServerAsync());
    }

    [Theory]
    [InlineData("Content-Encoding: gzip")]
    [InlineData("Content-Encoding: identity, gzip")]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Type: multipart/form-data; boundary=x")]
    [InlineData("Content-Type: application/x-www-form-urlencoded")]
    public async Task A_compressed_body_or_one_that_is_no_JSON_is_a_415(string header)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);

        var response = await RawHttp.ExchangeAsync(
            gateway.Address.Port, CallersRequest.Head(await gateway.NewKeyAsync(), header, $"Content-Length: {Caller.Chat.Length}") + Caller.Chat, Cancel);

        Assert.Equal((415, "unsupported_media_type"), (response.Status, response.ErrorCode));
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sk-gw-00000000000000000000000000000000")]
    public async Task A_caller_who_asks_before_sending_is_refused_without_a_go_ahead(string? key)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Head(key, "Expect: 100-continue", "Content-Length: 100"), Cancel);

        Assert.Equal((401, "invalid_api_key"), (response.Status, response.ErrorCode));
    }

    [Fact]
    public async Task A_caller_who_asks_before_sending_and_is_known_is_told_to_go_ahead()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync(CallersRequest.Head(await gateway.NewKeyAsync(), "Expect: 100-continue", $"Content-Length: {Caller.Chat.Length}"));
        Assert.Equal(100, (await http.ReadHeadAsync()).Status);
        await http.SendAsync(Caller.Chat);

        Assert.Equal(200, (await http.ReadResponseAsync()).Status);
        Assert.Null(upstream.Calls.Single().Header("expect"));
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", 405, "method_not_allowed", "POST")]
    [InlineData("DELETE", "/v1/chat/completions", 405, "method_not_allowed", "POST")]
    [InlineData("PUT", "/embeddings", 405, "method_not_allowed", "POST")]
    [InlineData("POST", "/v1/models", 405, "method_not_allowed", "GET")]
    [InlineData("PATCH", "/v1/models/gpt-4o", 405, "method_not_allowed", "GET")]
    [InlineData("GET", "/v1/nowhere", 404, "unknown_url", null)]
    [InlineData("GET", "/v1", 404, "unknown_url", null)]
    [InlineData("GET", "/v1/", 404, "unknown_url", null)]
    [InlineData("POST", "/v1/chat/completions/more", 404, "unknown_url", null)]
    [InlineData("POST", "/v1/v1/chat/completions", 404, "unknown_url", null)]
    [InlineData("BREW", "/v1/nowhere", 404, "unknown_url", null)]
    [InlineData("BREW", "/v1/chat/completions", 405, "method_not_allowed", "POST")]
    [InlineData("PROPFIND", "/models", 405, "method_not_allowed", "GET")]
    [InlineData("GET", "/v1/models/nothing-like-it", 404, "model_not_found", null)]
    public async Task A_path_or_method_that_is_not_served_says_so_only_to_those_with_a_key(string method, string path, int status, string code, string? allow)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        var key = await gateway.NewKeyAsync();

        var stranger = await AskAsync(gateway, $"{method} {path} HTTP/1.1");
        var known = await AskAsync(gateway, $"{method} {path} HTTP/1.1", $"x-api-key: {key}");

        Assert.Equal((401, "invalid_api_key"), (stranger.Status, stranger.ErrorCode));
        Assert.Equal((status, code), (known.Status, known.ErrorCode));
        Assert.Equal(allow, known.Header("allow"));
    }

    [Theory]
    [InlineData("POST /v1/chat/completions HTTP/1.1")]
    [InlineData("POST /chat/completions HTTP/1.1")]
    [InlineData("POST /v1/chat/completions/ HTTP/1.1")]
    [InlineData("POST /V1/Chat/Completions HTTP/1.1")]
    [InlineData("POST /v1/chat/completions?x=1 HTTP/1.1")]
    public async Task A_call_is_found_with_and_without_v1_with_a_slash_at_the_end_and_in_any_letter_case(string requestLine)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        var key = await gateway.NewKeyAsync();

        var stranger = await AskAsync(gateway, requestLine, $"Content-Length: {Caller.Chat.Length}");
        var response = await RawHttp.ExchangeAsync(
            gateway.Address.Port, $"{requestLine}\r\nHost: gateway\r\nx-api-key: {key}\r\nContent-Length: {Caller.Chat.Length}\r\n\r\n{Caller.Chat}", Cancel);

        Assert.Equal((401, 200), (stranger.Status, response.Status));
        var target = upstream.Calls.Single().RequestLine.Split(' ')[1];
        Assert.Equal(requestLine.Contains('?', StringComparison.Ordinal) ? "/v1/chat/completions?x=1" : "/v1/chat/completions", target);
    }

    [Theory]
    [InlineData("/v1/responses", 426, "upgrade_not_supported")]
    [InlineData("/v1/chat/completions", 426, "upgrade_not_supported")]
    public async Task A_WebSocket_is_refused_so_that_the_client_turns_to_POST(string path, int status, string code)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        string[] upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

        var stranger = await AskAsync(gateway, $"GET {path} HTTP/1.1", upgrade);
        var known = await AskAsync(gateway, $"GET {path} HTTP/1.1", [.. upgrade, $"x-api-key: {await gateway.NewKeyAsync()}"]);

        Assert.Equal(401, stranger.Status);
        Assert.Equal((status, code), (known.Status, known.ErrorCode));
    }

    [Fact]
    public async Task A_HEAD_gets_the_same_status_and_no_body()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync("HEAD /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n\r\n");
        var refused = await http.ReadResponseAsync(toHead: true);
        await http.SendAsync("HEAD /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n");
        var other = await http.ReadResponseAsync(toHead: true);
        await http.SendAsync("GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n");
        var next = await http.ReadResponseAsync();

        Assert.Equal((401, 200, 200), (refused.Status, other.Status, next.Status));
        Assert.Equal("live", Encoding.UTF8.GetString(next.Body).Split('"')[3]);
    }

    [Fact]
    public async Task Callers_on_one_connection_are_told_apart()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);
        var key = await gateway.NewKeyAsync();

        await http.SendAsync(CallersRequest.Whole(key) + CallersRequest.Whole("sk-gw-00000000000000000000000000000000") + CallersRequest.Whole(key));

        Assert.Equal(200, (await http.ReadResponseAsync()).Status);
        Assert.Equal(401, (await http.ReadResponseAsync()).Status);
        Assert.Equal(200, (await http.ReadResponseAsync()).Status);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) => GatewayHost.StartAsync(upstream, $"--Gateway:MaxRequestBodyBytes={MaxBytes}");

    private static Task<RawResponse> AskAsync(GatewayHost gateway, string requestLine, params string[] headers) =>
        RawHttp.ExchangeAsync(gateway.Address.Port, $"{requestLine}\r\nHost: gateway\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n", Cancel);

    private static async Task AssertRejectedAsync(GatewayHost gateway, RawResponse response, int status, string code)
    {
        var row = await gateway.RowAsync(response.Header("x-request-id") ?? "");
        Assert.Equal(
            ("rejected", status, code, 0),
            (row.GetProperty("outcome").GetString(), row.GetProperty("status").GetInt32(), row.GetProperty("error_code").GetString(), row.GetProperty("input_tokens").GetInt64()));
    }
}
