using System.Text.Json.Nodes;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Stress;

/// <summary>A provider that takes a moment, obeys its cap, and uses now little of it and now all.</summary>
internal static class StressUpstream
{
    /// <summary>What callers ask for at most.</summary>
    public const int Cap = 30;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(15);

    public static FakeUpstream Start()
    {
        var calls = 0;
        return FakeUpstream.Start(call => AnswerAsync(call, Interlocked.Increment(ref calls)));
    }

    private static async Task AnswerAsync(UpstreamCall call, int number)
    {
        var body = JsonNode.Parse(call.BodyText);
        var cap = (int?)body?["max_completion_tokens"] ?? Cap;
        var usage = $$"""{"prompt_tokens":8,"completion_tokens":{{1 + (number * 7 % cap)}},"total_tokens":{{9 + (number * 7 % cap)}}}""";
        if ((bool?)body?["stream"] != true)
        {
            await Task.Delay(Moment, TimeProvider.System);
            await call.RespondAsync($$$"""{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{{{usage}}}}""");
            return;
        }

        await call.BeginChunkedAsync("text/event-stream");
        await call.ChunkAsync("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n");
        await Task.Delay(Moment, TimeProvider.System);
        await call.ChunkAsync($"data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{usage}}}\n\ndata: [DONE]\n\n");
        await call.EndChunksAsync();
    }
}
