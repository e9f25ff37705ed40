using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;
using static Gateway.IntegrationTests.Realtime.ResponsesCaller;

namespace Gateway.IntegrationTests.Realtime;

/// <summary>Responses over a WebSocket: each <c>response.create</c> is a call, let in, passed on, metered and recorded like any other.</summary>
public sealed class ResponsesSocketTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_response_is_a_call_with_its_own_row_and_events_pass_as_they_are()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider, "--Gateway:Models:1:Name=talk", "--Gateway:Models:1:Targets:0:Provider=fake", "--Gateway:Models:1:Targets:0:Model=gpt-x", "--Gateway:Models:1:Price:Input=4", "--Gateway:Models:1:Price:Output=16");
        using var socket = await OpenAsync(gateway, await LimitedAsync(gateway, 50_000));

        var heard = new List<string>();
        for (var turn = 0; turn < 2; turn++)
        {
            await socket.SayAsync("""{"type":"response.create","model":"talk","input":"hi","unknown":[1]}""");
            do
            {
                heard.Add(await socket.HearAsync() ?? "");
            }
            while (!heard[^1].Contains("response.completed", StringComparison.Ordinal));
        }

        Assert.Equal(provider.Sent, heard);
        Assert.Equal("/v1/responses", provider.Path);
        Assert.Equal("Bearer sk-upstream-secret-0123456789", provider.Headers?.Authorization.ToString());
        Assert.Equal("""{"max_output_tokens":4096,"type":"response.create","model":"gpt-x","input":"hi","unknown":[1]}""", provider.Received[0]);
        var row = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("responses", "talk", "gpt-x", "completed", "provider", 200), (Text(row, "endpoint"), Text(row, "model"), Text(row, "upstream_model"), Text(row, "outcome"), Text(row, "token_source"), row.GetProperty("status").GetInt32()));
        Assert.Equal((30, 12, 5, 0.000312, "resp_1"), (Number(row, "input_tokens"), Number(row, "output_tokens"), Number(row, "cached_tokens"), row.GetProperty("cost_usd").GetDouble(), Text(row, "completion_id")));
        Assert.Contains("\"input\":\"hi\"", Text(row, "prompt"), StringComparison.Ordinal);
        Assert.Equal("Hello there", Text(row, "answer"));
        Assert.Equal(["resp_1", "resp_2"], (await RowsAsync(gateway, 2)).Select(each => Text(each, "completion_id")).Order());
    }

    [Fact]
    public async Task A_response_beyond_the_limit_is_refused_by_an_event_and_the_connection_stays()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        provider.Usage = (1200, 700);
        var key = await LimitedAsync(gateway, 2000);
        using var socket = await OpenAsync(gateway, key);

        await socket.SayAsync(Create("hi"));
        await socket.HearUntilAsync("response.completed");
        await socket.SayAsync(Create(string.Join(' ', Enumerable.Range(0, 400))));
        var error = await ErrorAsync(socket);
        await socket.SayAsync(Create("hi"));
        await socket.HearUntilAsync("response.completed");

        Assert.Equal((429, "insufficient_quota"), error);
        Assert.Equal("false", JsonSerializer.Deserialize<JsonElement>(await SaidAsync(socket, Create(new string('x', 5000)))).GetProperty("headers").GetProperty("x-should-retry").GetString());
        Assert.Contains("\"max_output_tokens\":", provider.Received[^1], StringComparison.Ordinal);
        Assert.Equal(["completed", "completed", "denied", "denied"], (await RowsAsync(gateway, 4)).Select(row => Text(row, "outcome")).Order());
        Assert.Equal(2, provider.Received.Count);
    }

    [Fact]
    public async Task What_is_not_stored_is_gone_on_from_on_its_own_connection_alone_and_costs_its_context_again()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        provider.Usage = (6000, 100);
        using var first = await OpenAsync(gateway, await LimitedAsync(gateway, 1_000_000));
        using var second = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await first.SayAsync(Create("hi", ",\"store\":false"));
        await first.HearUntilAsync("response.completed");
        await first.SayAsync(Create("on", ",\"store\":false,\"previous_response_id\":\"resp_1\""));
        await first.HearUntilAsync("response.completed");
        await second.SayAsync(Create("on", ",\"previous_response_id\":\"resp_1\""));

        Assert.Equal((400, "previous_response_not_found"), await ErrorAsync(second));
        Assert.Equal(2, provider.Received.Count);
        var reserved = (await RowsAsync(gateway, 3)).Where(row => Text(row, "outcome") == "completed").Select(row => Number(row, "reserved_tokens")).Order().ToList();
        Assert.True(reserved[1] - reserved[0] >= 6100, $"{reserved[0]} and {reserved[1]}");
    }

    [Fact]
    public async Task A_stored_response_is_its_keys_alone()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        var owner = await gateway.NewKeyAsync();
        using var made = await OpenAsync(gateway, owner);
        await made.SayAsync(Create("hi"));
        await made.HearUntilAsync("response.completed");

        using var again = await OpenAsync(gateway, owner);
        await again.SayAsync(Create("on", ",\"previous_response_id\":\"resp_1\""));
        await again.HearUntilAsync("response.completed");
        using var stranger = await OpenAsync(gateway, await gateway.NewKeyAsync());
        await stranger.SayAsync(Create("on", ",\"previous_response_id\":\"resp_1\""));

        Assert.Equal((400, "previous_response_not_found"), await ErrorAsync(stranger));
        Assert.Equal(2, provider.Received.Count);
    }

    [Fact]
    public async Task What_another_connection_stored_is_reserved_for_when_it_is_gone_on_from()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        provider.Usage = (6000, 100);
        var key = await LimitedAsync(gateway, 1_000_000);
        using var made = await OpenAsync(gateway, key);
        await made.SayAsync(Create("hi"));
        await made.HearUntilAsync("response.completed");

        using var again = await OpenAsync(gateway, key);
        await again.SayAsync(Create("hi", ",\"previous_response_id\":\"resp_1\""));
        await again.HearUntilAsync("response.completed");
        await again.SayAsync(Create("hi", ",\"conversation\":\"conv_1\""));

        Assert.Equal((404, "not_found"), await ErrorAsync(again));
        var reserved = (await RowsAsync(gateway, 3)).Where(row => Text(row, "outcome") == "completed").Select(row => Number(row, "reserved_tokens")).Order().ToList();
        Assert.True(reserved[1] - reserved[0] >= 6100, $"{reserved[0]} and {reserved[1]}");
    }

    [Fact]
    public async Task Lanes_run_side_by_side_and_each_response_is_settled_by_its_own_usage()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        var key = await LimitedAsync(gateway, 100_000);
        using var socket = await OpenAsync(gateway, key);

        await socket.SayAsync(Create("hang", ",\"stream_id\":\"a\""));
        await socket.HearUntilAsync("delta");
        await socket.SayAsync(Create("hi", ",\"stream_id\":\"b\""));
        await socket.HearUntilAsync("response.completed");

        var row = (await RowsAsync(gateway, 1)).Single();
        Assert.Equal(("resp_2", 30), (Text(row, "completion_id"), Number(row, "input_tokens")));
        socket.Abort();
        var hung = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("resp_1", "client_disconnected"), (Text(hung, "completion_id"), Text(hung, "outcome")));
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_the_providers_side_within_a_second_and_what_came_is_charged()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        var key = await LimitedAsync(gateway, 50_000);
        var socket = await OpenAsync(gateway, key);
        await socket.SayAsync(Create("hang"));
        await socket.HearUntilAsync("delta");
        var id = RequestId(socket);

        socket.Abort();
        socket.Dispose();

        await provider.Gone.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        var row = await gateway.RowAsync(id);
        Assert.Equal(("client_disconnected", "counted", 2), (Text(row, "outcome"), Text(row, "token_source"), Number(row, "output_tokens")));
        Assert.Equal(Number(row, "input_tokens") + 2, await UsedAsync(gateway, key));
    }

    [Fact]
    public async Task What_the_provider_breaks_off_is_broken_off()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await socket.SayAsync(Create("hang"));
        await socket.HearUntilAsync("delta");
        provider.BreakOff();

        await Assert.ThrowsAsync<WebSocketException>(() => socket.HearUntilAsync("response.completed"));
        var row = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("upstream_cut", "counted", 2), (Text(row, "outcome"), Text(row, "token_source"), Number(row, "output_tokens")));
    }

    [Fact]
    public async Task An_error_of_the_providers_passes_and_counts_as_one_request_and_a_missing_usage_is_counted()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await socket.SayAsync(Create("refuse"));
        var error = await socket.HearAsync();
        await socket.SayAsync(Create("silent"));
        await socket.HearUntilAsync("response.completed");

        Assert.Equal(provider.Sent[0], error);
        var refused = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("upstream_error", "none", 429), (Text(refused, "outcome"), Text(refused, "token_source"), refused.GetProperty("status").GetInt32()));
        var counted = (await RowsAsync(gateway, 2)).Single(row => Text(row, "outcome") == "completed");
        Assert.Equal(("counted", 2), (Text(counted, "token_source"), Number(counted, "output_tokens")));
    }

    [Fact]
    public async Task A_revoked_key_ends_the_connection_in_the_middle_of_a_response_with_a_reason()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        var key = await gateway.NewKeyAsync();
        using var socket = await OpenAsync(gateway, key);
        await socket.SayAsync(Create("hang"));
        await socket.HearUntilAsync("delta");

        await Revocation.OfAsync(gateway, key);

        Assert.Equal((401, "invalid_api_key"), await ErrorAsync(socket));
        Assert.Null(await socket.HearAsync());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        Assert.StartsWith("invalid_api_key", socket.CloseStatusDescription, StringComparison.Ordinal);
        await provider.Gone.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        var row = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("rejected", "invalid_api_key", 2), (Text(row, "outcome"), Text(row, "error_code"), Number(row, "output_tokens")));
    }

    [Fact]
    public async Task What_runs_when_the_gateway_stops_is_finished_before_the_connection_is_closed()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());
        await socket.SayAsync(Create("hang"));
        await socket.HearUntilAsync("delta");

        var stopped = gateway.StopAsync();
        await provider.FinishAsync();

        await socket.HearUntilAsync("response.completed");
        Assert.Null(await socket.HearAsync());
        Assert.Equal((WebSocketCloseStatus.EndpointUnavailable, "shutting_down"), (socket.CloseStatus, socket.CloseStatusDescription));
        await stopped.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
    }

    [Fact]
    public async Task A_response_that_falls_silent_ends_the_connection_with_an_error()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider, "--Gateway:Timeouts:IdleSeconds=1");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await socket.SayAsync(Create("hang"));

        Assert.Equal((504, "upstream_timeout"), await ErrorAsync(socket));
        Assert.Null(await socket.HearAsync());
        Assert.Equal(("timed_out", 2), (Text(await gateway.RowAsync(RequestId(socket)), "outcome"), Number(await gateway.RowAsync(RequestId(socket)), "output_tokens")));
    }

    [Theory]
    [InlineData("""{"type":"response.steer","previous_response_id":"resp_1","input":"x"}""", 400, "invalid_request")]
    [InlineData("nonsense", 400, "invalid_request")]
    [InlineData("""{"type":"response.create","type":"response.create","model":"gpt-4o"}""", 400, "invalid_request")]
    [InlineData("""{"type":"response.create","model":"gpt-4o","model":"x"}""", 400, "invalid_request")]
    [InlineData("""{"type":"response.create","input":"hi"}""", 400, "missing_model")]
    [InlineData("""{"type":"response.create","model":"gpt-4o","background":true}""", 400, "invalid_request")]
    [InlineData("""{"type":"response.create","model":"nope"}""", 404, "model_not_found")]
    [InlineData("""{"type":"response.create","model":"plain"}""", 426, "upgrade_not_supported")]
    public async Task What_is_no_response_of_this_keys_does_not_go_out(string message, int status, string code)
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider, $"--Gateway:Providers:post:BaseUrl={provider.BaseUrl}", "--Gateway:Models:1:Name=plain", "--Gateway:Models:1:Targets:0:Provider=post");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await socket.SayAsync(message);

        Assert.Equal((status, code), await ErrorAsync(socket));
        Assert.Empty(provider.Received);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_told_by_an_event()
    {
        await using var gateway = await GatewayHost.StartBeforeAsync("http://127.0.0.1:1/v1", "--Gateway:Providers:fake:ResponsesWebSocket=true");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await socket.SayAsync(Create("hi"));

        Assert.Equal((502, "upstream_unreachable"), await ErrorAsync(socket));
        Assert.Equal(("upstream_error", "none"), (Text(await gateway.RowAsync(RequestId(socket)), "outcome"), Text(await gateway.RowAsync(RequestId(socket)), "token_source")));
    }

    [Fact]
    public async Task The_first_response_goes_on_to_the_next_target_where_one_is_away()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(
            provider, "--Gateway:Providers:away:BaseUrl=http://127.0.0.1:1/v1", "--Gateway:Providers:away:ResponsesWebSocket=true",
            "--Gateway:Models:1:Name=two", "--Gateway:Models:1:Targets:0:Provider=away", "--Gateway:Models:1:Targets:1:Provider=fake", "--Gateway:Models:1:Targets:1:Weight=0");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        await socket.SayAsync("""{"type":"response.create","model":"two"}""");
        await socket.HearUntilAsync("response.completed");

        var row = await gateway.RowAsync(RequestId(socket));
        Assert.Equal(("fake", "completed", 2), (Text(row, "provider"), Text(row, "outcome"), Number(row, "attempts")));
    }

    [Fact]
    public async Task Responses_at_once_are_counted_one_by_one()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync(new { name = "one", limits = new[] { new { unit = "concurrent", limit = 1 } } }));

        await socket.SayAsync(Create("hang"));
        await socket.HearUntilAsync("delta");
        Assert.Equal((429, "rate_limit_exceeded"), await SaidErrorAsync(socket, Create("hi", ",\"stream_id\":\"b\"")));
        await provider.FinishAsync();
        await socket.HearUntilAsync("response.completed");
        await gateway.RowAsync(RequestId(socket));
        await socket.SayAsync(Create("hi"));
        await socket.HearUntilAsync("response.completed");

        Assert.Equal(2, provider.Received.Count);
    }

    [Fact]
    public async Task A_message_that_is_too_large_ends_the_connection()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider, "--Gateway:MaxRequestBodyBytes=1024");
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());

        Assert.Equal((413, "request_too_large"), await SaidErrorAsync(socket, Create(new string('x', 2000))));
        Assert.Null(await socket.HearAsync());
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, socket.CloseStatus);
        Assert.Empty(provider.Received);
    }

    [Fact]
    public async Task A_strangers_handshake_is_refused()
    {
        await using var provider = await ResponsesProvider.StartAsync();
        await using var gateway = await StartAsync(provider);
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(Address(gateway), Cancel));

        Assert.Equal(HttpStatusCode.Unauthorized, socket.HttpStatusCode);
    }
}
