using System.Net.Sockets;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Upstreams that bend HTTP, break it, or do not speak it.</summary>
public sealed class OddUpstreamTests
{
    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    private const string Json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

    private const string Stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n")]
    [InlineData("\u0015\u0003\u0001\u0000\u0002\u0002\u0016")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-le")]
    [InlineData("")]
    public async Task What_is_no_HTTP_is_a_502(string answer)
    {
        await using var upstream = RawUpstream.Sending(answer);
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((502, "upstream_invalid_response"), (response.Status, response.ErrorCode));
        Assert.Equal("upstream_error", (await gateway.RowAsync(response.Header("x-request-id") ?? "")).GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("content-length: 500\r\n\r\n{\"id\"", "")]
    [InlineData("transfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n", "")]
    [InlineData("transfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n", "zz\r\n")]
    [InlineData("transfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n", "-1\r\n")]
    [InlineData("transfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n", "ffffffffffffffffff\r\n")]
    [InlineData("transfer-encoding: chunked\r\n\r\n5\r\n{\"id\"", "XX0\r\n\r\n")]
    public async Task An_answer_that_breaks_in_its_body_is_broken_off(string begin, string fault)
    {
        using var seen = new SemaphoreSlim(0);
        await using var upstream = RawUpstream.Start(async (socket, cancel) =>
        {
            await RawUpstream.ReadHeadAsync(socket, cancel);
            await socket.SendAsync(Encoding.Latin1.GetBytes(Json + begin), cancel);
            await seen.WaitAsync(cancel);
            await socket.SendAsync(Encoding.Latin1.GetBytes(fault), cancel);
            socket.Shutdown(SocketShutdown.Send);
        });
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync(CallersRequest.Whole(await gateway.NewKeyAsync()));
        var head = await http.ReadHeadAsync();
        var first = await http.ReadSomeAsync();
        seen.Release();

        Assert.Equal(200, head.Status);
        Assert.EndsWith("{\"id\"", Encoding.Latin1.GetString(first).TrimEnd(), StringComparison.Ordinal);
        Assert.True(await http.IsClosedByServerAsync());
        Assert.Equal("upstream_cut", (await gateway.RowAsync(head.Header("x-request-id") ?? "")).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task What_came_before_the_break_reaches_the_caller_even_where_it_came_at_once()
    {
        await using var upstream = RawUpstream.Sending($"{Stream}transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);

        await http.SendAsync(CallersRequest.Whole(await gateway.NewKeyAsync()));
        var head = await http.ReadHeadAsync();
        var body = "";
        while (!body.Contains("data: 2\n\n", StringComparison.Ordinal))
        {
            // A break that comes too early is an exception here, or an end.
            var some = await http.ReadSomeAsync();
            Assert.NotEmpty(some);
            body += Encoding.Latin1.GetString(some);
        }

        Assert.Equal(200, head.Status);
        Assert.True(await http.IsClosedByServerAsync());
        Assert.Equal("upstream_cut", (await gateway.RowAsync(head.Header("x-request-id") ?? "")).GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    public async Task An_error_without_a_word_keeps_its_status_and_gets_a_body(int status)
    {
        await using var upstream = RawUpstream.Sending($"HTTP/1.1 {status} Odd\r\ncontent-type: text/plain\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((status, "upstream_invalid_response"), (response.Status, response.ErrorCode));
        Assert.Equal(("application/json", "7"), (response.Header("content-type"), response.Header("retry-after")));
    }

    [Theory]
    [InlineData("transfer-encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("content-length: 500\r\n\r\n")]
    public async Task An_answer_that_breaks_before_its_first_byte_is_a_502(string rest)
    {
        await using var upstream = RawUpstream.Sending(Json + rest);
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((502, "upstream_invalid_response"), (response.Status, response.ErrorCode));
    }

    [Fact]
    public async Task Bytes_after_the_announced_length_are_no_part_of_the_answer_nor_of_the_next()
    {
        var length = Answer.Length;
        await using var upstream = RawUpstream.Sending($"{Json}content-length: {length}\r\n\r\n{Answer}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);
        var key = await gateway.NewKeyAsync();

        var first = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(key), Cancel);
        var second = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(key), Cancel);

        Assert.Equal((Answer, Answer), (first.Text, second.Text));
        Assert.Equal(2, upstream.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")]
    public async Task Interim_answers_are_passed_over(string interim)
    {
        await using var upstream = RawUpstream.Sending($"{interim}{Json}content-length: {Answer.Length}\r\n\r\n{Answer}");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((200, Answer), (response.Status, response.Text));
        Assert.Null(response.Header("link"));
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", 200)]
    public async Task An_answer_without_a_body_passes(string answer, int status)
    {
        await using var upstream = RawUpstream.Sending(answer);
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((status, ""), (response.Status, response.Text));
        Assert.Equal("completed", (await gateway.RowAsync(response.Header("x-request-id") ?? "")).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task An_answer_that_ends_with_its_connection_passes()
    {
        await using var upstream = RawUpstream.Sending($"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{Answer}");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((200, Answer), (response.Status, response.Text));
        Assert.Equal(9, (await gateway.RowAsync(response.Header("x-request-id") ?? "")).GetProperty("input_tokens").GetInt64());
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request", 400)]
    [InlineData("HTTP/1.1 413 Payload Too Large", 413)]
    [InlineData("HTTP/1.1 200 OK", 200)]
    public async Task An_answer_that_comes_before_the_request_was_read_reaches_the_caller(string statusLine, int status)
    {
        // Larger than what the sockets' buffers take, so that the gateway can't have sent it when the answer comes.
        var body = Caller.Chat.Replace("Hello", new string('x', 16 << 20), StringComparison.Ordinal);
        await using var upstream = RawUpstream.Sending($"{statusLine}\r\ncontent-type: application/json\r\ncontent-length: {Answer.Length}\r\nconnection: close\r\n\r\n{Answer}");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync(), body), Cancel);

        Assert.Equal((status, Answer), (response.Status, response.Text));
    }

    [Fact]
    public async Task A_trickle_of_single_bytes_passes_and_is_counted()
    {
        var events = Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            foreach (var b in Encoding.Latin1.GetBytes($"{Stream}connection: close\r\n\r\n").Concat(events))
            {
                await call.WriteAsync([b]);
                await Task.Yield();
            }

            call.Cut();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync(), Caller.ChatStream), Cancel);

        Assert.Equal(Sse.Delta("Hi") + Sse.Done, response.Text);
        Assert.Equal(11, (await gateway.RowAsync(response.Header("x-request-id") ?? "")).GetProperty("input_tokens").GetInt64());
    }

    [Fact]
    public async Task Headers_beyond_all_bounds_are_a_502()
    {
        await using var upstream = RawUpstream.Sending($"HTTP/1.1 200 OK\r\nx-large: {new string('x', 1 << 20)}\r\ncontent-length: 0\r\n\r\n");
        await using var gateway = await GatewayHost.StartBeforeAsync(upstream.BaseUrl);

        var response = await RawHttp.ExchangeAsync(gateway.Address.Port, CallersRequest.Whole(await gateway.NewKeyAsync()), Cancel);

        Assert.Equal((502, "upstream_invalid_response"), (response.Status, response.ErrorCode));
    }
}
