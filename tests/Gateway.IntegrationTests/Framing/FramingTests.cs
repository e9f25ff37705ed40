using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Framing;

/// <summary>What a hostile or broken sender may write on the wire, against a real Kestrel.</summary>
public sealed class FramingTests : IAsyncLifetime
{
    private const string Post = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n";

    private FramingHost? _host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Port => (_host ?? throw new InvalidOperationException("The host is not started.")).Port;

    public async ValueTask InitializeAsync() => _host = await FramingHost.StartAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(Post + "Content-Length: 3\r\n\r\nabc", "POST /v1/chat/completions 3")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "POST /v1/chat/completions 3")]
    [InlineData(Post + "transfer-encoding: Chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "POST /v1/chat/completions 5")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nAuthorization: Bearer k\r\n\r\n0\r\n\r\n", "POST /v1/chat/completions 0")]
    [InlineData("GET /v1/models/gpt-4.1-mini HTTP/1.1\r\nHost: gateway\r\n\r\n", "GET /v1/models/gpt-4.1-mini 0")]
    [InlineData("GET /v1/models/a%20b%C3%A9%3A1..x/.../..y?q=../..//%2f%00\\ HTTP/1.1\r\nHost: gateway\r\n\r\n", "GET /v1/models/a bé:1..x/.../..y 0")]
    [InlineData("GET http://gateway/v1/models?x=//.. HTTP/1.1\r\nHost: gateway\r\n\r\n", "GET /v1/models 0")]
    [InlineData("GET http://gateway HTTP/1.1\r\nHost: gateway\r\n\r\n", "GET / 0")]
    [InlineData("GET http://gateway?a=/../ HTTP/1.1\r\nHost: gateway\r\n\r\n", "GET / 0")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n", "OPTIONS  0")]
    [InlineData("POST /v1/chat/completions HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "POST /v1/chat/completions 3")]
    public async Task What_is_right_passes(string request, string answer)
    {
        var response = await RawHttp.ExchangeAsync(Port, request, Cancel);

        Assert.Equal((200, answer), (response.Status, response.Text));
    }

    [Theory]
    [InlineData(Post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nX-Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    public async Task A_body_whose_end_is_in_doubt_is_refused_and_the_connection_closed(string request)
    {
        await using var http = await RawHttp.ConnectAsync(Port, Cancel);
        await http.SendAsync(request + "GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n");

        var response = await http.ReadResponseAsync();

        Assert.Equal((400, "invalid_request"), (response.Status, response.ErrorCode));
        Assert.Equal("close", response.Header("connection"));
        Assert.True(await http.IsClosedByServerAsync());
    }

    [Theory]
    [InlineData(Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData(Post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")]
    [InlineData(Post + "Content-Length: 3, 3\r\n\r\nabc")]
    [InlineData(Post + "Content-Length: -3\r\n\r\nabc")]
    [InlineData(Post + "Content-Length : 3\r\n\r\nabc")]
    [InlineData(Post + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Post + "X: a\rb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Post + "X: a\0b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Post + "Host: other\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET http://other/v1/models HTTP/1.1\r\nHost: gateway\r\n\r\n")]
    [InlineData("GET /v1/%00 HTTP/1.1\r\nHost: gateway\r\n\r\n")]
    [InlineData(Post + "Authorization: Bearer \xE9\r\nContent-Length: 0\r\n\r\n")]
    public async Task What_the_parser_itself_refuses_stays_refused(string request)
    {
        Assert.Equal(400, (await RawHttp.ExchangeAsync(Port, request, Cancel)).Status);
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n")]
    [InlineData("3;a\nb\r\nabc\r\n0\r\n\r\n")]
    [InlineData("zz\r\nabc\r\n0\r\n\r\n")]
    [InlineData("3\r\nabcd\r\n0\r\n\r\n")]
    public async Task A_broken_chunk_is_the_senders_fault(string chunks)
    {
        await using var http = await RawHttp.ConnectAsync(Port, Cancel);
        await http.SendAsync(Post + "Transfer-Encoding: chunked\r\n\r\n" + chunks);

        var response = await http.ReadResponseAsync();

        Assert.Equal((400, "invalid_request"), (response.Status, response.ErrorCode));
        Assert.True(await http.IsClosedByServerAsync());
    }

    [Fact]
    public async Task Two_authorization_headers_are_refused()
    {
        var response = await RawHttp.ExchangeAsync(Port, Post + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: 0\r\n\r\n", Cancel);

        Assert.Equal((400, "invalid_request"), (response.Status, response.ErrorCode));
    }

    [Theory]
    [InlineData("/v1/../admin/keys")]
    [InlineData("/v1/./models")]
    [InlineData("/v1/%2e%2e/admin/keys")]
    [InlineData("/v1/%2E./admin/keys")]
    [InlineData("/v1/.%2e/admin/keys")]
    [InlineData("/v1/%2e/models")]
    [InlineData("/v1/models/..")]
    [InlineData("/..")]
    [InlineData("/v1/models/..?x=1")]
    [InlineData("/v1//models")]
    [InlineData("//v1/models")]
    [InlineData("/v1/models//")]
    [InlineData("/v1%2fmodels")]
    [InlineData("/v1/models/a%2Fb")]
    [InlineData("/v1/models/a%5cb")]
    [InlineData("/v1/models/a%5Cb")]
    [InlineData("/v1\\models")]
    [InlineData("/v1/%01")]
    [InlineData("/v1/%0d%0aX:%20y")]
    [InlineData("/v1/%1F")]
    [InlineData("/v1/%7f")]
    [InlineData("/v1/a\u0001b")]
    [InlineData("/v1/a\u007Fb")]
    [InlineData("/v1/models?a\u0001b")]
    [InlineData("http://gateway/v1/../admin")]
    [InlineData("http://gateway/v1/%2e%2e/admin")]
    [InlineData("http://gateway//v1/models")]
    public async Task A_path_that_two_servers_may_read_differently_is_refused(string target)
    {
        await using var http = await RawHttp.ConnectAsync(Port, Cancel);
        await http.SendAsync($"GET {target} HTTP/1.1\r\nHost: gateway\r\n\r\n");

        var response = await http.ReadResponseAsync();

        Assert.Equal((400, "invalid_request"), (response.Status, response.ErrorCode));
        await http.SendAsync("GET /next HTTP/1.1\r\nHost: gateway\r\n\r\n");
        Assert.Equal("GET /next 0", (await http.ReadResponseAsync()).Text);
    }

    [Theory]
    [InlineData("CONNECT gateway:80 HTTP/1.1\r\nHost: gateway:80\r\n\r\n", true)]
    [InlineData("TRACE /v1/models HTTP/1.1\r\nHost: gateway\r\n\r\n", false)]
    public async Task Methods_that_no_route_has_are_refused(string request, bool closes)
    {
        await using var http = await RawHttp.ConnectAsync(Port, Cancel);
        await http.SendAsync(request);

        var response = await http.ReadResponseAsync();

        Assert.Equal((405, "method_not_allowed"), (response.Status, response.ErrorCode));
        Assert.Equal(closes ? "close" : null, response.Header("connection"));
    }

    [Fact]
    public async Task A_body_told_to_be_too_large_is_refused_before_it_is_sent()
    {
        var response = await RawHttp.ExchangeAsync(Port, Post + $"Expect: 100-continue\r\nContent-Length: {FramingHost.MaxBytes + 1}\r\n\r\n", Cancel);

        Assert.Equal((413, "request_too_large"), (response.Status, response.ErrorCode));
    }

    [Fact]
    public async Task A_body_in_chunks_is_refused_where_it_becomes_too_large()
    {
        await using var http = await RawHttp.ConnectAsync(Port, Cancel);
        await http.SendAsync(Post + "Transfer-Encoding: chunked\r\n\r\n");
        await http.SendAsync($"{FramingHost.MaxBytes + 1:x}\r\n{new string('x', FramingHost.MaxBytes + 1)}");

        var response = await http.ReadResponseAsync();

        Assert.Equal((413, "request_too_large"), (response.Status, response.ErrorCode));
    }

    [Fact]
    public async Task A_caller_that_stops_in_the_middle_of_its_body_is_let_go()
    {
        await using var http = await RawHttp.ConnectAsync(Port, Cancel);
        await http.SendAsync(Post + "Content-Length: 10\r\n\r\nabc");
        http.FinishSending();

        Assert.True(await http.IsClosedByServerAsync());
    }
}
