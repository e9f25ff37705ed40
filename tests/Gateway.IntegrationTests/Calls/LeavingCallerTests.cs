using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Callers who go away, in each phase of a call: the upstream is left within a second, and there is one row that says so.</summary>
public sealed class LeavingCallerTests
{
    private const string Answer = """{"id":"c1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gone_while_sending_the_body_nothing_is_forwarded(bool reset)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var key = await gateway.NewKeyAsync();
        await using (var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel))
        {
            // The go-ahead shows that the gateway has begun to read.
            await http.SendAsync(CallersRequest.Head(key, "Expect: 100-continue", "Content-Length: 100"));
            Assert.Equal(100, (await http.ReadHeadAsync()).Status);
            await http.SendAsync("{");
            Leave(http, reset);
        }

        var row = await OnlyRowAsync(gateway);
        AssertRow(row, "client_disconnected", 499, "none");
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gone_before_the_upstream_answers_it_is_left_and_the_input_counted(bool reset)
    {
        var (asked, gone) = (Signal(), Signal());
        await using var upstream = FakeUpstream.Start(async call =>
        {
            asked.SetResult();
            await call.GoneAsync(Cancel);
            gone.SetResult();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await using (var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel))
        {
            await http.SendAsync(CallersRequest.Whole(await gateway.NewKeyAsync()));
            await asked.Task;
            Leave(http, reset);
            await gone.Task.WaitAsync(Promised, Cancel);
        }

        AssertRow(await OnlyRowAsync(gateway), "client_disconnected", 499, "counted", input: 8);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gone_midstream_the_upstream_is_left_and_what_came_is_counted(bool reset)
    {
        var gone = Signal();
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi there"));
            await call.GoneAsync(Cancel);
            gone.SetResult();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await using (var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel))
        {
            await http.SendAsync(CallersRequest.Whole(await gateway.NewKeyAsync(), Caller.ChatStream));
            Assert.Equal(200, (await http.ReadHeadAsync()).Status);
            await http.ReadSomeAsync();
            Leave(http, reset);
            await gone.Task.WaitAsync(Promised, Cancel);
        }

        AssertRow(await OnlyRowAsync(gateway), "client_disconnected", 200, "counted", input: 8, output: 2);
    }

    [Fact]
    public async Task Gone_with_the_last_byte_the_call_is_completed()
    {
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await using (var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel))
        {
            await http.SendAsync(CallersRequest.Whole(await gateway.NewKeyAsync(), Caller.ChatStream));
            Assert.EndsWith(Sse.Done, (await http.ReadResponseAsync()).Text, StringComparison.Ordinal);
            http.Abort();
        }

        AssertRow(await OnlyRowAsync(gateway), "completed", 200, "provider", input: 11, output: 7);
    }

    [Fact]
    public async Task Gone_from_an_upstream_that_floods_it_is_left_too()
    {
        var gone = Signal();
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            try
            {
                while (true)
                {
                    await call.ChunkAsync(Sse.Delta("Hi there"));
                }
            }
            catch (IOException)
            {
                gone.SetResult();
                throw;
            }
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await using (var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel))
        {
            await http.SendAsync(CallersRequest.Whole(await gateway.NewKeyAsync(), Caller.ChatStream));
            await http.ReadHeadAsync();
            http.Abort();
            await gone.Task.WaitAsync(Promised, Cancel);
        }

        AssertRow(await OnlyRowAsync(gateway), "client_disconnected", 200, "counted", input: 8, output: null);
    }

    private static void Leave(RawHttp http, bool reset)
    {
        if (reset)
        {
            http.Abort();
        }
        else
        {
            http.FinishSending();
        }
    }

    private static async Task<JsonElement> OnlyRowAsync(GatewayHost gateway)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            var list = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/requests", UriKind.Relative), limit.Token)).GetProperty("data");
            if (list.GetArrayLength() > 0)
            {
                return Assert.Single(list.EnumerateArray());
            }
        }

        throw new InvalidOperationException("No row came.");
    }

    private static void AssertRow(JsonElement row, string outcome, int status, string source, long input = 0, long? output = 0)
    {
        Assert.Equal((outcome, status, source), (row.GetProperty("outcome").GetString(), row.GetProperty("status").GetInt32(), row.GetProperty("token_source").GetString()));
        Assert.Equal(input, row.GetProperty("input_tokens").GetInt64());
        Assert.Equal(output ?? row.GetProperty("output_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64());
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
