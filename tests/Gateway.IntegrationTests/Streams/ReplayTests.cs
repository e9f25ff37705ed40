using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Streams;

/// <summary>
/// Recorded streams of every shape, sent through the gateway in every possible cut. What a caller gets is the recording to
/// the byte, or all of it but the usage-only chunk.
/// </summary>
public sealed class ReplayTests
{
    /// <summary>How many times a recording is repeated in one answer, each time cut elsewhere: a call costs far more than a cut.</summary>
    private const int CutsACall = 24;

    private const string PlanHeader = "x-plan";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sent_whole_a_stream_is_identical_or_lacks_only_the_usage_chunk_and_its_usage_is_recorded(bool usageAsked)
    {
        await using var replay = await Replayer.StartAsync();

        foreach (var recording in Recording.All)
        {
            var id = await replay.CheckAsync(recording, ReplayPlan.Whole(recording, usageAsked), usageAsked);

            var row = await replay.Gateway.RowAsync(id);
            Assert.Equal((recording.Name, recording.Usage is null ? "counted" : "provider"), (recording.Name, row.GetProperty("token_source").GetString()));
            if (recording.Usage is { } usage)
            {
                string[] fields = ["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"];
                Assert.Equal(usage, fields.Select(field => row.GetProperty(field).GetInt64()));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sent_byte_by_byte_a_stream_is_identical_or_lacks_only_the_usage_chunk(bool usageAsked)
    {
        await using var replay = await Replayer.StartAsync();

        await Parallel.ForEachAsync(Recording.All, Cancel, async (recording, _) =>
            await replay.CheckAsync(recording, ReplayPlan.ByteByByte(recording, usageAsked), usageAsked));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Split_at_any_offset_a_stream_is_identical_or_lacks_only_the_usage_chunk(bool usageAsked)
    {
        await using var replay = await Replayer.StartAsync();

        await Parallel.ForEachAsync(Recording.All, Cancel, async (recording, _) =>
        {
            foreach (var offsets in Enumerable.Range(1, recording.Bytes.Length - 1).Chunk(recording.CanRepeat ? CutsACall : 1))
            {
                await replay.CheckAsync(recording, ReplayPlan.Split(recording, usageAsked, offsets), usageAsked);
            }
        });
    }

    /// <summary>A gateway before an upstream that answers as the plan says whose number comes in a header: headers of callers pass.</summary>
    private sealed class Replayer(FakeUpstream upstream, GatewayHost gateway, HttpClient caller, ConcurrentDictionary<int, ReplayPlan> plans) : IAsyncDisposable
    {
        private int _lastPlan;

        public GatewayHost Gateway => gateway;

        public static async Task<Replayer> StartAsync()
        {
            var plans = new ConcurrentDictionary<int, ReplayPlan>();
            var upstream = FakeUpstream.Start(call => AnswerAsync(call, plans[int.Parse(call.Header(PlanHeader) ?? "", CultureInfo.InvariantCulture)]));
            var gateway = await GatewayHost.StartAsync(upstream);
            return new Replayer(upstream, gateway, await gateway.NewCallerAsync(), plans);
        }

        /// <returns>The request's id.</returns>
        public async Task<string> CheckAsync(Recording recording, ReplayPlan plan, bool usageAsked)
        {
            var number = Interlocked.Increment(ref _lastPlan);
            plans[number] = plan;
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
            {
                Headers = { { PlanHeader, number.ToString(CultureInfo.InvariantCulture) } },
                Content = new StringContent(usageAsked ? Caller.ChatStreamWithUsage : Caller.ChatStream, Encoding.UTF8, "application/json"),
            };
            plan.ReleaseUnseen();
            using var response = await caller.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
            await using var answer = await response.Content.ReadAsStreamAsync(Cancel);
            var received = await plan.ReceiveAsync(answer, Cancel);

            if (!received.AsSpan().SequenceEqual(plan.Wanted))
            {
                Assert.Equal(recording.Name + "\n" + Encoding.UTF8.GetString(plan.Wanted), recording.Name + "\n" + Encoding.UTF8.GetString(received));
                Assert.Fail($"{recording.Name} differs in bytes that are no text.");
            }

            plans.TryRemove(number, out _);
            return response.RequestId();
        }

        public async ValueTask DisposeAsync()
        {
            caller.Dispose();
            await gateway.DisposeAsync();
            await upstream.DisposeAsync();
        }

        private static async Task AnswerAsync(UpstreamCall call, ReplayPlan plan)
        {
            // The headers go with the first bytes, as servers send them.
            await call.BeginChunkedAsync("text/event-stream");
            await plan.SendAsync(bytes => bytes.Length == 0 ? Task.CompletedTask : call.ChunkAsync(bytes), Cancel);
            await call.EndChunksAsync();
        }
    }
}
