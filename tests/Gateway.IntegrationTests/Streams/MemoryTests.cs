using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Streams;

/// <summary>The gateway's memory, seen from outside: it follows neither the number of calls nor their size.</summary>
public sealed class MemoryTests
{
    private const int Gigabyte = 1 << 30;

    /// <summary>MiB by which memory may grow under a load that needs a few MiB: what the collector leaves lying about, and far below what any leak or buffering would take.</summary>
    private const long Slack = 64;

    private const string Usage = ",\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_streams_one_after_another_leave_memory_flat()
    {
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Bytes([.. Enumerable.Repeat(Sse.Delta("Hello there"), 8), Sse.Usage, Sse.Done]));
            await call.EndChunksAsync();
        });
        await using var gateway = await Measured.StartAsync(upstream);

        await StreamAsync(gateway, 2_000);
        var warm = gateway.Memory.Now;
        await StreamAsync(gateway, 8_000);

        AssertGrowth(warm, gateway.Memory.Now, Slack);
    }

    [Fact]
    public async Task Bodies_at_the_size_limit_leave_memory_flat()
    {
        const int max = 32 << 20;
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"""));
        await using var gateway = await Measured.StartAsync(upstream);
        var body = Caller.Chat.Replace("Hello", new string('x', max - Caller.Chat.Length + 5), StringComparison.Ordinal);

        await RepeatAsync(15);
        var warm = gateway.Memory.Peak;
        await RepeatAsync(15);

        AssertGrowth(warm, gateway.Memory.Peak, Slack);

        async Task RepeatAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var response = await gateway.Caller.CallAsync(body, cancel: Cancel);
                Assert.Equal(200, (int)response.StatusCode);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_of_a_gigabyte_passes_in_bounded_memory_and_its_usage_at_the_end_is_found(bool chunked)
    {
        await using var upstream = FakeUpstream.Start(call => SendAsync(
            call, "application/json", chunked ? null : Gigabyte, "{\"choices\":[{\"message\":{\"content\":\"", Encoding.ASCII.GetBytes(new string('x', 1 << 20)), "\"}}]" + Usage));

        await AssertBoundedAsync(upstream, Caller.Chat);
    }

    [Fact]
    public async Task A_stream_of_a_gigabyte_passes_in_bounded_memory_and_its_usage_at_the_end_is_found()
    {
        var events = Sse.Bytes([.. Enumerable.Repeat(Sse.Delta(new string('x', 16 << 10)), 64)]);
        await using var upstream = FakeUpstream.Start(call => SendAsync(call, "text/event-stream", null, ": begin\n\n", events, Sse.Usage + Sse.Done));

        await AssertBoundedAsync(upstream, Caller.ChatStreamWithUsage);
    }

    [Fact]
    public async Task A_stream_of_one_line_passes_in_bounded_memory()
    {
        const int line = 50 << 20;
        await using var upstream = FakeUpstream.Start(call => SendAsync(call, "text/event-stream", null, "data: ", Encoding.ASCII.GetBytes(new string('x', 1 << 16)), "\n\n" + Sse.Usage, line));

        await AssertBoundedAsync(upstream, Caller.ChatStreamWithUsage, line);
    }

    [Fact]
    public async Task A_slow_reader_slows_the_upstream_and_is_not_cut_off_for_being_slow()
    {
        var chunk = Sse.Bytes(Sse.Delta(new string('x', 64 << 10)));
        var sent = 0L;
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            if (call.BodyText.Contains("silent", StringComparison.Ordinal))
            {
                await call.GoneAsync(Cancel);
                return;
            }

            while (Volatile.Read(ref sent) < 256 << 20)
            {
                await call.ChunkAsync(chunk);
                Interlocked.Add(ref sent, chunk.Length);
            }

            await call.ChunkAsync(Sse.Bytes(Sse.Usage, Sse.Done));
            await call.EndChunksAsync();
        });
        await using var gateway = await Measured.StartAsync(upstream, "--Gateway:Timeouts:IdleSeconds=1");
        await StreamSilentlyAsync(gateway);
        var before = gateway.Memory.Now;
        gateway.Memory.ForgetPeak();

        using var response = await gateway.Caller.CallAsync(Caller.ChatStreamWithUsage, cancel: Cancel);
        await using var answer = await response.Content.ReadAsStreamAsync(Cancel);
        await answer.ReadExactlyAsync(new byte[1000], Cancel);

        // Others that fall silent are broken off meanwhile: the time that this reader takes is far more than the idle limit.
        await StreamSilentlyAsync(gateway);
        var blockedAt = Volatile.Read(ref sent);
        await StreamSilentlyAsync(gateway);
        await StreamSilentlyAsync(gateway);
        Assert.Equal(blockedAt, Volatile.Read(ref sent));
        Assert.InRange(blockedAt, 1, 64 << 20);

        var received = 1000 + await DrainAsync(answer);
        Assert.True(received > 256 << 20, $"{received} bytes came.");
        AssertGrowth(before, gateway.Memory.Peak, Slack);
        Assert.Equal("completed", (await gateway.RowAsync(response)).GetProperty("outcome").GetString());
    }

    private static async Task StreamAsync(Measured gateway, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var response = await gateway.Caller.CallAsync(Caller.ChatStream, cancel: Cancel);
            Assert.EndsWith(Sse.Done, await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
    }

    private static async Task StreamSilentlyAsync(Measured gateway)
    {
        using var response = await gateway.Caller.CallAsync(Caller.ChatStream.Replace("Hello", "silent", StringComparison.Ordinal), cancel: Cancel);
        Assert.Equal(504, (int)response.StatusCode);

        // With its row the counting is over too, and what that loads is loaded.
        Assert.Equal("timed_out", (await gateway.RowAsync(response)).GetProperty("outcome").GetString());
    }

    private static async Task AssertBoundedAsync(FakeUpstream upstream, string request, long atLeast = Gigabyte)
    {
        await using var gateway = await Measured.StartAsync(upstream);
        await gateway.WarmAsync();
        var before = gateway.Memory.Now;
        gateway.Memory.ForgetPeak();

        using var response = await gateway.Caller.CallAsync(request, cancel: Cancel);
        var received = await DrainAsync(await response.Content.ReadAsStreamAsync(Cancel));

        Assert.True(received >= atLeast, $"{received} bytes came.");
        AssertGrowth(before, gateway.Memory.Peak, Slack);
        var row = await gateway.RowAsync(response);
        Assert.Equal(("completed", "provider", 11), (row.GetProperty("outcome").GetString(), row.GetProperty("token_source").GetString(), row.GetProperty("input_tokens").GetInt64()));
    }

    private static void AssertGrowth(long before, long after, long atMost) =>
        Assert.True(after - before <= atMost, $"Memory grew from {before} to {after} MiB.");

    private static async Task<long> DrainAsync(Stream answer)
    {
        var buffer = new byte[1 << 20];
        var count = 0L;
        while (await answer.ReadAsync(buffer, Cancel) is var read and > 0)
        {
            count += read;
        }

        return count;
    }

    /// <summary>Sends a piece over and over between a beginning and an end.</summary>
    private static async Task SendAsync(UpstreamCall call, string contentType, long? length, string begin, byte[] piece, string end, long atLeast = Gigabyte)
    {
        if (length is null)
        {
            await call.BeginChunkedAsync(contentType);
            await call.ChunkAsync(begin);
            for (var sent = 0L; sent < atLeast; sent += piece.Length)
            {
                await call.ChunkAsync(piece);
            }

            await call.ChunkAsync(end);
            await call.EndChunksAsync();
            return;
        }

        await call.WriteAsync($"HTTP/1.1 200 OK\r\ncontent-type: {contentType}\r\ncontent-length: {length}\r\n\r\n{begin}");
        for (var left = length.Value - begin.Length - end.Length; left > 0; left -= piece.Length)
        {
            await call.WriteAsync(left >= piece.Length ? piece : piece[..(int)left]);
        }

        await call.WriteAsync(end);
    }

    /// <summary>A gateway in a process of its own and a caller with a key.</summary>
    private sealed class Measured(TempFolder folder, GatewayProcess process, HttpClient admin, HttpClient caller) : IAsyncDisposable
    {
        public ProcessMemory Memory { get; } = new(process.Id);

        public HttpClient Caller => caller;

        public static async Task<Measured> StartAsync(FakeUpstream upstream, params string[] settings)
        {
            var folder = new TempFolder();
            var process = await GatewayProcess.StartAsync(
                folder.Path,
                [
                    $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}",
                    "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake", .. settings,
                ]);
            var admin = Client(process, GatewayHost.AdminKey);
            using var created = await admin.PostAsJsonAsync("/admin/keys", new { name = "test" }, Cancel);
            var key = (await created.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("key").GetString() ?? "";
            var caller = Client(process, key);
            return new Measured(folder, process, admin, caller);
        }

        /// <summary>Loads what is loaded once: the vocabularies of the token counter are most of an idle gateway's memory.</summary>
        public async Task WarmAsync()
        {
            using var warm = await caller.CallAsync("""{"model":"echo","messages":[{"role":"user","content":"warm"}]}""", cancel: Cancel);
            Assert.Contains("warm", await warm.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        public Task<JsonElement> RowAsync(HttpResponseMessage response) => GatewayHost.RowAsync(admin, response.RequestId());

        public async ValueTask DisposeAsync()
        {
            caller.Dispose();
            admin.Dispose();
            await process.DisposeAsync();
            folder.Dispose();
        }

        private static HttpClient Client(GatewayProcess process, string key) => new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = process.Address,
            Timeout = TimeSpan.FromMinutes(3),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        };
    }
}
