using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class AnswerReaderTests
{
    private const string Chat =
        """
        { "id": "chatcmpl-1", "choices": [ { "index": 0, "message": { "role": "assistant", "content": "Say \"usage\":{} \u00e9", "reasoning_content": "hm",
          "tool_calls": [ { "id": "c", "type": "function", "function": { "name": "f", "arguments": "{}" } } ] }, "finish_reason": "stop" },
          { "message": { "content": null, "refusal": "no" }, "index": 1 } ]
        """;

    private const string ChatUsage = """, "usage": { "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 } }""";

    [Fact]
    public async Task A_bodys_usage_is_found_wherever_it_is_cut()
    {
        var bytes = Encoding.UTF8.GetBytes(Chat + ChatUsage + "\n");
        for (var offset = 0; offset <= bytes.Length; offset++)
        {
            var replay = await Replay.RunAsync(Replay.SplitAt(bytes, offset), 4096, leaveOut: true, AnswerForm.Json);

            Assert.Equal(bytes, replay.Output);
            Assert.Equal(new TokenUsage(11, 7, 0, 0), replay.Usage);
            Assert.True(replay.Reader.IsBodyComplete);
            Assert.Empty(replay.Text);
        }
    }

    [Fact]
    public async Task A_body_without_usage_gives_its_text()
    {
        var bytes = Encoding.UTF8.GetBytes(Chat + ", \"usage\": null }");

        var replay = await Replay.RunAsync(Replay.ByteByByte(bytes), 16, leaveOut: false, AnswerForm.Json);

        Assert.Null(replay.Usage);
        Assert.Equal(new Dictionary<string, string> { ["0/0"] = "Say \"usage\":{} é", ["0/1"] = "hm", ["0/4"] = "f{}", ["1/2"] = "no" }, replay.Text);
        Assert.True(replay.Reader.SawFinishReason);
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"Zaż\u00f3łć \"quoted\" żó""", "Zażółć \"quoted\" żó")]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"abc\u00""", "abc")]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"abc\""", "abc")]
    [InlineData("""{"choices":[{"index":0,"message":{"content": "abc","ref""", "abc")]
    [InlineData("""{"choices":[{"message":{"content":""", null)]
    [InlineData("""{"choices":[{"message":{"role":"assis""", null)]
    [InlineData("""{"choices":[{"message":{"content":"a"},"index":0}]} trailing""", "a")]
    public async Task A_body_cut_off_gives_the_text_that_came(string body, string? content)
    {
        var replay = await Replay.RunAsync(Replay.Whole(Encoding.UTF8.GetBytes(body)), 4096, leaveOut: false, AnswerForm.Json);

        Assert.Equal(content, replay.Text.GetValueOrDefault("0/0"));
        Assert.False(replay.Reader.IsBodyComplete);
        Assert.Equal(1, replay.Reader.BrokenObjects);
    }

    [Fact]
    public async Task A_character_cut_off_at_the_end_is_left_out()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"choices":[{"text":"a🦊""");

        var replay = await Replay.RunAsync(Replay.Whole(bytes[..^1]), 4096, leaveOut: false, AnswerForm.Json);

        Assert.Equal("a", replay.Text["0/0"]);
    }

    [Fact]
    public async Task An_error_body_is_seen()
    {
        var replay = await Replay.RunAsync(Replay.Whole("""{"error":{"message":"no"}}"""u8.ToArray()), 4096, leaveOut: false, AnswerForm.Json);

        Assert.True(replay.Reader.SawError);
    }

    [Theory]
    [InlineData("""data: {"choices":[{"index":0,"delta":{"content":"a"}}],"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":4}}}""" + "\n\n", true)]
    [InlineData("""{"choices":[],"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":4}}}""", false)]
    public async Task Usage_is_found_where_the_provider_puts_it(string answer, bool isStream)
    {
        var form = isStream ? AnswerForm.EventStream : AnswerForm.Json;
        var bytes = Encoding.UTF8.GetBytes(answer);

        var found = await Replay.RunAsync(Replay.ByteByByte(bytes), 16, leaveOut: true, form, paths: new UsagePaths(["x_groq.usage", "response.usage", "message.usage"]));
        var unknown = await Replay.RunAsync(Replay.Whole(bytes), 4096, leaveOut: true, form);

        Assert.Equal(new TokenUsage(3, 4, 0, 0), found.Usage);
        Assert.Null(unknown.Usage);
        Assert.Equal(bytes, found.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData("usage.more")]
    [InlineData("choices.usage")]
    [InlineData("ü.usage")]
    public void A_path_that_cannot_be_is_refused(string path) => Assert.Throws<ArgumentException>(() => new UsagePaths([path]));

    [Theory]
    [InlineData("data: {\"choices\":[", "{")]
    [InlineData("data: {\"choices\":", "null")]
    [InlineData("data: {\"usage\":", "n")]
    [InlineData("data: ", "[")]
    [InlineData("data:", "x")]
    [InlineData("id: 1\r\ndata: {\"error\":", "{")]
    [InlineData("data: {", "{")]
    [InlineData("data: {\"choices\":[],\"usage\":{}}", "x")]
    [InlineData("data: {\"model\":1", "}")]
    public void An_unfinished_event_is_let_go_as_soon_as_it_cannot_be_the_usage_chunk(string held, string telling)
    {
        using var reader = new AnswerReader(ApiEndpoint.Completions, AnswerForm.EventStream, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);
        var output = new MemoryStream();

        foreach (var b in Encoding.UTF8.GetBytes(held))
        {
            CorpusTests.PassOn(reader, [b], output);
            Assert.Equal(0, output.Length);
        }

        CorpusTests.PassOn(reader, Encoding.UTF8.GetBytes(telling), output);
        Assert.Equal(held + telling, Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void A_comment_never_waits_between_events()
    {
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);
        var output = new MemoryStream();

        CorpusTests.PassOn(reader, ": pi"u8, output);
        Assert.Equal(": pi"u8, output.ToArray());
        CorpusTests.PassOn(reader, "ng\n"u8, output);
        Assert.Equal(": ping\n"u8, output.ToArray());
    }

    [Fact]
    public void An_event_longer_than_what_is_held_passes_though_it_looks_like_the_usage_chunk()
    {
        var bytes = Encoding.UTF8.GetBytes($$$"""data: {"choices":[],"usage":{"note":"{{{new string('x', UsageChunkFilter.MaxHeldBytes)}}}"}}""" + "\n\n");
        foreach (var size in new[] { 100, 30_000, bytes.Length })
        {
            using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);
            var output = new MemoryStream();
            foreach (var chunk in bytes.Chunk(size))
            {
                CorpusTests.PassOn(reader, chunk, output);
                Assert.True(reader.BytesSeen - output.Length <= UsageChunkFilter.MaxHeldBytes);
            }

            Assert.Equal(bytes, output.ToArray());
        }
    }

    [Fact]
    public void The_chunk_is_only_left_out_of_streams_that_can_have_one()
    {
        using var embeddings = new AnswerReader(ApiEndpoint.Embeddings, AnswerForm.EventStream, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);
        using var body = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.Json, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);

        Assert.False(embeddings.ChangesLength);
        Assert.False(body.ChangesLength);
    }

    [Fact]
    public void An_event_of_50_MB_passes_and_is_given_up()
    {
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);
        var chunk = new byte[64 * 1024];
        chunk.AsSpan().Fill((byte)'x');
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""u8.CopyTo(chunk);
        long passed = reader.Pass(chunk, chunk.Length);
        chunk.AsSpan().Fill((byte)'x');

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 800; i++)
        {
            passed += reader.Pass(chunk, chunk.Length);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var rest = "\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"u8.ToArray();
        passed += reader.Pass(rest, rest.Length);

        Assert.Equal(reader.BytesSeen, passed);
        Assert.Equal(1, reader.EventsGivenUp);
        Assert.Equal(new TokenUsage(1, 2, 0, 0), reader.Usage);
        Assert.True(allocated < 5 << 20, $"{allocated} bytes");
    }

    [Fact]
    public void A_body_of_1_GB_is_read_in_bounded_memory()
    {
        var text = 0L;
        var passed = 0L;
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.Json, leaveOutUsageChunk: false, UsagePaths.Default, (_, _, utf8) => text += utf8.Length);
        var chunk = new byte[64 * 1024];
        var head = "{\"data\":{\"usage\":{\"prompt_tokens\":99}},\"big\":\""u8.ToArray();
        reader.Pass(head, head.Length);
        chunk.AsSpan().Fill((byte)'x');

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 16 * 1024; i++)
        {
            // Neither a quote behind a backslash nor a brace in text may mislead.
            chunk[i % 1000] = (byte)(i % 2 == 0 ? '}' : 'x');
            passed += reader.Pass(chunk, chunk.Length);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var tail = "\\\"\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}"u8.ToArray();
        reader.Pass(tail, tail.Length);
        reader.Complete();

        Assert.Equal(new TokenUsage(1, 2, 0, 0), reader.Usage);
        Assert.Equal(1L << 30, passed);
        Assert.Equal(0, text);
        Assert.True(allocated < 5 << 20, $"{allocated} bytes");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Watching_a_chunk_allocates_nothing(bool leaveOut)
    {
        var text = 0L;
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOut, UsagePaths.Default, (_, _, utf8) => text += utf8.Length);
        var bytes = Encoding.UTF8.GetBytes(
            """data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" w\u00f6rd"},"finish_reason":null}],"usage":null}""" + "\n\n: ping\n\n"
            + """data: {"id":"chatcmpl-A","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}""" + "\n\n");
        var buffer = new byte[512];

        // Chunks of 61 bytes cut the events in ever new places.
        void Feed(int chunks)
        {
            for (var i = 0; i < chunks; i++)
            {
                for (var k = 0; k < 61; k++)
                {
                    buffer[k] = bytes[((i * 61) + k) % bytes.Length];
                }

                reader.Pass(buffer, 61);
                while (reader.HasWaiting)
                {
                    reader.TakeWaiting(buffer);
                }
            }
        }

        Feed(10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Feed(10_000);

        // The framework's pool itself may grow or be trimmed by the collector meanwhile; a byte a chunk would be 10,000.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 9_999);
        Assert.True(text > 0);
    }
}
