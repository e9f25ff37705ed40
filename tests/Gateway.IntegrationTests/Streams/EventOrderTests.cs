using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Streams;

public sealed class EventOrderTests
{
    [Theory]
    [InlineData(Caller.ChatStream)]
    [InlineData(Caller.ChatStreamWithUsage)]
    public async Task Every_event_reaches_the_caller_before_the_upstream_sends_the_next(string body)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var mayGoOn = new SemaphoreSlim(0);
        string[] events = [": ping\n\n", Sse.Delta("one"), "event: odd\ndata: {}\n\n", Sse.Delta("two"), Sse.Done];
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            foreach (var item in events)
            {
                await call.ChunkAsync(item);
                await mayGoOn.WaitAsync(cancel);
            }

            await call.EndChunksAsync();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(body, cancel: cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        foreach (var item in events)
        {
            var received = new byte[Encoding.UTF8.GetByteCount(item)];
            await stream.ReadExactlyAsync(received, cancel);
            Assert.Equal(item, Encoding.UTF8.GetString(received));
            mayGoOn.Release();
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1], cancel));
    }
}
