using System.IO.Compression;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Headers;

/// <summary>Which headers cross the gateway, seen on the wire on both sides.</summary>
public sealed class HeaderHygieneTests
{
    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_the_callers_credentials_accounts_and_place_goes_upstream_and_the_rest_does()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();

        var response = await PostAsync(
            gateway,
            $"Authorization: Bearer {key}", $"x-api-key: {key}", $"api-key: {key}", $"x-goog-api-key: {key}",
            "Cookie: session=1", "OpenAI-Organization: org-caller", "OpenAI-Project: proj-caller",
            "Connection: keep-alive, X-Only-Here, x-and-this", "X-Only-Here: 1", "X-And-This: 1", "Keep-Alive: timeout=5", "TE: trailers", "Trailer: x-sum",
            "Proxy-Authorization: Basic eDp5", "Proxy-Connection: keep-alive",
            "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Host: inner", "X-Forwarded-Proto: https", "X-Real-IP: 10.0.0.1", "Forwarded: for=10.0.0.1", "Via: 1.1 inner",
            "Accept-Encoding: gzip, br, zstd", "X-Request-Id: mine",
            "OpenAI-Beta: assistants=v2", "X-Stainless-Lang: python", "User-Agent: OpenAI/Python 1.0", "X-Two: a", "X-Two: b", "Idempotency-Key: i-1", "Accept: application/json");

        Assert.Equal(200, response.Status);
        var headers = upstream.Calls.Single().Headers;
        Assert.DoesNotContain(headers, header => header.Value.Contains(key, StringComparison.Ordinal));
        Assert.Equal(
            [
                "accept-encoding: identity", "accept: application/json", "authorization: Bearer sk-upstream-secret-0123456789", $"content-length: {Caller.Chat.Length}", "content-type: application/json",
                $"host: {new Uri(upstream.BaseUrl).Authority}", "idempotency-key: i-1", "openai-beta: assistants=v2", "user-agent: OpenAI/Python 1.0", "x-stainless-lang: python", "x-two: a, b",
            ],
            headers.Select(header => $"{header.Name.ToLowerInvariant()}: {header.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("X-Mine", false)]
    [InlineData("x-mine, keep-alive", false)]
    [InlineData("Keep-Alive, TE, X-MINE", false)]
    [InlineData("close, X-Mine", true)]
    [InlineData("X-Mine,close", true)]
    [InlineData("keep-alive, upgrade, X-Mine", false)]
    public async Task What_a_caller_names_in_Connection_stays_on_it(string connection, bool closes)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync(Request(Caller.Chat, $"x-api-key: {key}", $"Connection: {connection}", "X-Mine: 1"));
        var response = await http.ReadResponseAsync();

        Assert.Equal(200, response.Status);
        Assert.Null(upstream.Calls.Single().Header("x-mine"));
        Assert.Equal(closes ? "close" : null, response.Header("connection"));
        if (!closes)
        {
            await http.SendAsync(Request(Caller.Chat, $"x-api-key: {key}", "X-Mine: 2"));
            Assert.Equal(200, (await http.ReadResponseAsync()).Status);
            Assert.Equal("2", upstream.Calls.Last().Header("x-mine"));
        }
    }

    [Fact]
    public async Task Nothing_of_the_gateways_account_reaches_the_caller_and_the_rest_does()
    {
        await using var upstream = FakeUpstream.Answering(
            Answer, 200,
            "Set-Cookie: __cf_bm=1", "OpenAI-Organization: org-operator", "OpenAI-Project: proj-operator", "Anthropic-Organization-Id: o",
            "X-RateLimit-Limit-Requests: 10", "x-ratelimit-remaining-tokens: 5", "anthropic-ratelimit-tokens-remaining: 5",
            "X-Request-Id: req_upstream", "Server: cloudflare", "Alt-Svc: h3=\":443\"", "Strict-Transport-Security: max-age=1", "X-Gateway-Max-Output-Tokens: 1",
            "Connection: keep-alive, X-Internal", "X-Internal: 10.0.0.1", "Keep-Alive: timeout=5", "Access-Control-Allow-Origin: *",
            "OpenAI-Processing-Ms: 12", "OpenAI-Version: 2020-10-01", "CF-Ray: 1", "X-Two: a", "X-Two: b", "Cache-Control: no-store");
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await PostAsync(gateway, $"Authorization: Bearer {await gateway.NewKeyAsync()}");

        Assert.Equal(Answer, response.Text);
        string[] changing = ["date", "x-request-id"];
        Assert.Equal(
            [
                "cache-control: no-store", "cf-ray: 1", $"content-length: {Answer.Length}", "content-type: application/json", "openai-processing-ms: 12", "openai-version: 2020-10-01",
                "x-two: a", "x-two: b", "x-upstream-request-id: req_upstream",
            ],
            response.Headers.Select(header => $"{header.Key.ToLowerInvariant()}: {header.Value}").Where(header => !changing.Contains(header.Split(':')[0])).Order(StringComparer.Ordinal));
        Assert.StartsWith("req_", response.Header("x-request-id"), StringComparison.Ordinal);
        Assert.NotEqual("req_upstream", response.Header("x-request-id"));
    }

    [Theory]
    [InlineData("X-Odd: caf\u00e9")]
    [InlineData("X-Odd: a\u0001b")]
    [InlineData("Content-Disposition: attachment; filename=\"r\u00c3\u00a9sum\u00c3\u00a9\"")]
    [InlineData("X-Request-Id: \u00ff")]
    public async Task A_header_of_the_upstreams_that_cannot_be_sent_is_left_out_and_the_answer_is_not(string odd)
    {
        await using var upstream = FakeUpstream.Answering(Answer, 200, odd, "X-Plain: a\tb");
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await PostAsync(gateway, $"Authorization: Bearer {await gateway.NewKeyAsync()}");

        Assert.Equal((200, Answer), (response.Status, response.Text));
        Assert.Equal("a\tb", response.Header("x-plain"));
        Assert.Null(response.Header("x-odd"));
    }

    [Theory]
    [InlineData("Authorization: Bearer KEY")]
    [InlineData("authorization: bearer KEY")]
    [InlineData("x-api-key: KEY")]
    [InlineData("api-key: KEY")]
    [InlineData("x-goog-api-key: KEY")]
    [InlineData("Authorization: Basic eDp5", "x-api-key: KEY")]
    [InlineData("Authorization: Bearer KEY", "x-api-key: sk-other")]
    [InlineData("x-api-key: KEY", "api-key: sk-other")]
    [InlineData("x-api-key:", "api-key: KEY")]
    public async Task A_key_opens_from_each_of_its_places_the_first_with_one_deciding(params string[] headers)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();

        var response = await PostAsync(gateway, [.. headers.Select(header => header.Replace("KEY", key, StringComparison.Ordinal))]);

        Assert.Equal(200, response.Status);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(401, "Authorization: Bearer sk-other", "x-api-key: KEY")]
    [InlineData(401, "x-api-key: KEY", "x-api-key: KEY")]
    [InlineData(401, "x-api-key: sk-other", "x-api-key: KEY")]
    [InlineData(401, "Authorization: KEY")]
    [InlineData(401, "Authorization: Bearer ADMIN")]
    [InlineData(401, "Cookie: KEY")]
    [InlineData(400, "Authorization: Bearer KEY", "Authorization: Bearer KEY")]
    public async Task A_key_that_is_not_the_one_that_decides_opens_nothing(int status, params string[] headers)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();

        var response = await PostAsync(gateway, [.. headers.Select(header => header.Replace("KEY", key, StringComparison.Ordinal).Replace("ADMIN", GatewayHost.AdminKey, StringComparison.Ordinal))]);

        Assert.Equal((status, status == 400 ? "invalid_request" : "invalid_api_key"), (response.Status, response.ErrorCode));
        Assert.StartsWith("req_", response.Header("x-request-id"), StringComparison.Ordinal);
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task Streams_are_marked_so_that_nothing_on_the_way_holds_them_back()
    {
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream; charset=utf-8", "Cache-Control: max-age=60", "X-Accel-Buffering: yes");
            await call.ChunkAsync(Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done));
            await call.EndChunksAsync();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await PostAsync(gateway, Caller.ChatStream, [$"Authorization: Bearer {await gateway.NewKeyAsync()}", "Accept-Encoding: gzip"]);

        Assert.Equal("no-cache, no-transform", response.Header("cache-control"));
        Assert.Equal("no", response.Header("x-accel-buffering"));
        Assert.Equal("text/event-stream; charset=utf-8", response.Header("content-type"));
        Assert.Null(response.Header("content-encoding"));
        Assert.Equal(Sse.Delta("Hi") + Sse.Done, response.Text);
    }

    [Theory]
    [InlineData("gzip", true), InlineData("gzip", false)]
    [InlineData("br", true), InlineData("deflate", true)]
    public async Task An_upstream_that_compresses_unasked_is_decoded_and_counted(string encoding, bool stream)
    {
        var plain = stream ? Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done) : Encoding.UTF8.GetBytes(Answer);
        var compressed = Compress(encoding, plain);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync(stream ? "text/event-stream" : "application/json", $"content-encoding: {encoding}");
            await call.ChunkAsync(compressed);
            await call.EndChunksAsync();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await PostAsync(gateway, stream ? Caller.ChatStreamWithUsage : Caller.Chat, [$"Authorization: Bearer {await gateway.NewKeyAsync()}", $"Accept-Encoding: {encoding}"]);

        Assert.Equal(plain, response.Body);
        Assert.Null(response.Header("content-encoding"));
        var row = await gateway.RowAsync(response.Header("x-request-id") ?? "");
        Assert.Equal(("provider", stream ? 11 : 9), (row.GetProperty("token_source").GetString(), row.GetProperty("input_tokens").GetInt64()));
    }

    [Theory]
    [InlineData("GET /v1/models HTTP/1.1", 401)]
    [InlineData("GET /nowhere HTTP/1.1", 404)]
    [InlineData("GET /v1/models/../x HTTP/1.1", 400)]
    [InlineData("TRACE / HTTP/1.1", 405)]
    [InlineData("GET /admin/keys HTTP/1.1", 401)]
    [InlineData("GET /health/live HTTP/1.1", 200)]
    [InlineData("GET /metrics HTTP/1.1", 200)]
    public async Task Every_answer_has_an_id_of_its_own(string requestLine, int status)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, $"{requestLine}\r\nHost: gateway\r\nX-Request-Id: mine\r\n\r\n", Cancel);

        Assert.Equal(status, response.Status);
        Assert.StartsWith("req_", response.Header("x-request-id"), StringComparison.Ordinal);
        Assert.Null(response.Header("server"));
    }

    private static byte[] Compress(string encoding, byte[] plain)
    {
        using var compressed = new MemoryStream();
        using (Stream encoder = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionMode.Compress, leaveOpen: true),
            _ => new ZLibStream(compressed, CompressionMode.Compress, leaveOpen: true),
        })
        {
            encoder.Write(plain);
        }

        return compressed.ToArray();
    }

    private static Task<RawResponse> PostAsync(GatewayHost gateway, params string[] headers) => PostAsync(gateway, Caller.Chat, headers);

    private static Task<RawResponse> PostAsync(GatewayHost gateway, string body, string[] headers) =>
        RawHttp.ExchangeAsync(gateway.Address.Port, Request(body, headers), Cancel);

    private static string Request(string body, params string[] headers) =>
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n{body}";
}
