using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Providers;
using Gateway.Tokens;
using Gateway.UnitTests.Tokens;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class EchoHandlerTests(SharedCounter shared)
{
    private const string Chat = "https://echo.invalid/v1/chat/completions";
    private const string Completions = "https://echo.invalid/v1/completions";
    private const string Embeddings = "https://echo.invalid/v1/embeddings";

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    [Fact]
    public async Task A_chat_is_answered_with_the_last_user_message_and_true_usage()
    {
        var answer = await JsonAsync(Chat, """
            {"model":"echo","messages":[{"role":"user","content":"first"},{"role":"assistant","content":"x"},
            {"role":"user","content":"hello \"world\"\n\u00e9"},{"role":"tool","content":"y"}]}
            """);

        var choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("hello \"world\"\né", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.Equal(1_700_000_000, answer.GetProperty("created").GetInt64());
        Assert.Equal("echo", answer.GetProperty("model").GetString());
        Assert.Equal(SharedCounter.Whole("o200k_base", "hello \"world\"\né"), Usage(answer, "completion_tokens"));
        Assert.Equal(Usage(answer, "prompt_tokens") + Usage(answer, "completion_tokens"), Usage(answer, "total_tokens"));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":" you"}]}]}""", "hello you")]
    [InlineData("""{"messages":[{"content":"hello","role":"user"}]}""", "hello")]
    [InlineData("""{"messages":[{"role":"system","content":"hello"}]}""", "")]
    [InlineData("""{"messages":[{"role":"user","content":null}]}""", "")]
    [InlineData("""{"messages":[7,null,{"role":"user","content":{"a":1}}]}""", "")]
    [InlineData("""{"messages":"x"}""", "")]
    [InlineData("""{}""", "")]
    public async Task The_text_is_found_in_each_form_of_a_message(string body, string expected)
    {
        var answer = await JsonAsync(Chat, body);

        Assert.Equal(expected, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_streamed_chat_is_what_openai_streams_byte_for_byte()
    {
        var stream = await TextAsync(Chat, """{"model":"echo","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hello world"}]}""");

        var id = stream[(stream.IndexOf("chatcmpl-", StringComparison.Ordinal))..][..41];
        var head = "data: {\"id\":\"" + id + "\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"echo\",\"system_fingerprint\":null,\"choices\":[";
        Assert.Equal(
            head + """{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n"
            + head + """{"index":0,"delta":{"content":"hello"},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n"
            + head + """{"index":0,"delta":{"content":" world"},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n"
            + head + """{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}""" + "\n\n"
            + head + """],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}""" + "\n\n"
            + "data: [DONE]\n\n",
            stream);
    }

    [Fact]
    public async Task Usage_is_not_told_to_a_stream_that_does_not_ask()
    {
        var stream = await TextAsync(Chat, """{"stream":true,"messages":[{"role":"user","content":"hello"}]}""");

        Assert.DoesNotContain("usage", stream, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one two  three\\n\\tfour \\u00e9\\ud83c\\udf89 \\\"q\\\" 你好 🎉🎉 \\ud800 end ")]
    [InlineData("   ")]
    [InlineData("word")]
    [InlineData("")]
    public async Task The_deltas_make_up_the_text(string json)
    {
        var events = await EventsAsync(Chat, $$"""{"stream":true,"messages":[{"role":"user","content":"{{json}}"}]}""");

        var deltas = events.Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].GetProperty("delta"))
            .Where(delta => delta.TryGetProperty("content", out _))
            .Select(delta => delta.GetProperty("content").GetRawText()[1..^1]);
        Assert.Equal(json, string.Concat(deltas));
    }

    [Fact]
    public async Task A_word_without_end_goes_out_in_parts()
    {
        var word = string.Concat(Enumerable.Repeat("\\ud83c\\udf89", 5000));

        var events = await EventsAsync(Chat, $$"""{"stream":true,"messages":[{"role":"user","content":"{{word}}"}]}""");

        Assert.All(events, e => Assert.InRange(e.Length, 1, 4500));
        Assert.All(events, e => Assert.NotNull(JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].ToString()));
        Assert.Equal(2 + (5000 * 12 / 4092) + 1, events.Count);
    }

    [Theory]
    [InlineData("max_tokens", 3, "The quick brown", "length", 3)]
    [InlineData("max_completion_tokens", 1, "The", "length", 1)]
    [InlineData("max_tokens", 4, "The quick brown fox", "stop", 4)]
    [InlineData("max_tokens", 400, "The quick brown fox", "stop", 4)]
    [InlineData("max_tokens", 0, "", "length", 0)]
    public async Task The_output_cap_cuts_after_that_many_tokens(string field, int cap, string text, string reason, int tokens)
    {
        var body = $$"""{"{{field}}":{{cap}},"messages":[{"role":"user","content":[{"type":"text","text":"The qu"},{"type":"text","text":"ick brown fox"}]}]}""";

        var answer = await JsonAsync(Chat, body);
        var events = await EventsAsync(Chat, body.Replace("{\"m", "{\"stream\":true,\"m", StringComparison.Ordinal));

        var choice = answer.GetProperty("choices")[0];
        Assert.Equal(text, choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(reason, choice.GetProperty("finish_reason").GetString());
        Assert.Equal(tokens, Usage(answer, "completion_tokens"));
        Assert.Equal(text, string.Concat(events.Select(Delta)));
        Assert.Contains($"\"finish_reason\":\"{reason}\"", events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_choices_are_answered_alike_and_all_counted()
    {
        var answer = await JsonAsync(Chat, """{"n":3,"messages":[{"role":"user","content":"hello world"}]}""");

        Assert.Equal([0, 1, 2], answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(6, Usage(answer, "completion_tokens"));
    }

    [Fact]
    public async Task Completions_repeat_each_prompt()
    {
        var answer = await JsonAsync(Completions, """{"n":2,"prompt":["hello world","two"]}""");
        var events = await EventsAsync(Completions, """{"stream":true,"prompt":"hello world"}""");

        Assert.Equal(["hello world", "hello world", "two", "two"], answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()));
        Assert.StartsWith("cmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.Equal((3, 6), (Usage(answer, "prompt_tokens"), Usage(answer, "completion_tokens")));
        Assert.Equal(["hello", " world", ""], events.Select(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Embeddings_are_unit_vectors_that_only_the_input_decides()
    {
        var answer = await JsonAsync(Embeddings, """{"model":"echo","input":["hello","world","hello"],"dimensions":20}""");

        var vectors = answer.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("embedding").EnumerateArray().Select(x => x.GetDouble()).ToArray()).ToArray();
        Assert.All(vectors, vector => Assert.Equal(1, vector.Sum(x => x * x), 4));
        Assert.All(vectors, vector => Assert.Equal(20, vector.Length));
        Assert.Equal(vectors[0], vectors[2]);
        Assert.NotEqual(vectors[0], vectors[1]);
        Assert.Equal((3, 3), (Usage(answer, "prompt_tokens"), Usage(answer, "total_tokens")));
    }

    [Theory]
    [InlineData("""{"input":"hello","encoding_format":"base64"}""", 1, 1)]
    [InlineData("""{"input":[1,2,3],"encoding_format":"base64"}""", 1, 3)]
    [InlineData("""{"input":[[1,2],[3]],"encoding_format":"base64"}""", 2, 3)]
    public async Task Embeddings_come_as_base64_where_asked_as_sdks_do(string body, int vectors, int tokens)
    {
        var answer = await JsonAsync(Embeddings, body);

        Assert.Equal(vectors, answer.GetProperty("data").GetArrayLength());
        Assert.Equal(8 * sizeof(float), answer.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64().Length);
        Assert.Equal(tokens, Usage(answer, "prompt_tokens"));
    }

    [Fact]
    public async Task Each_event_can_be_read_before_the_next_is_made()
    {
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 1 }, SharedCounter.Load);
        using var busy = await BusyWorker.TakeAsync(counter, Cancel);
        using var response = await SendAsync(Chat, """{"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"a b c"}]}""", counter, Cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        var buffer = new byte[4096];

        // Role, three words and the finish: one a read, though the usage that follows cannot be counted yet.
        for (var k = 0; k < 5; k++)
        {
            var length = await stream.ReadAsync(buffer, Cancel);
            var read = Encoding.UTF8.GetString(buffer, 0, length);
            Assert.StartsWith("data: {", read, StringComparison.Ordinal);
            Assert.EndsWith("}\n\n", read, StringComparison.Ordinal);
            Assert.Equal(read.Length - 2, read.IndexOf("\n\n", StringComparison.Ordinal));
        }

        var usage = stream.ReadAsync(buffer, Cancel);
        Assert.False(usage.IsCompleted);
        busy.Release();
        Assert.Contains("prompt_tokens", Encoding.UTF8.GetString(buffer, 0, await usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_made_ahead_of_the_reader()
    {
        var made = 0;
        async IAsyncEnumerable<ReadOnlyMemory<byte>> Parts()
        {
            for (; ; )
            {
                await Task.CompletedTask;
                made++;
                yield return "part"u8.ToArray();
            }
        }

        await using var stream = new EchoStream(Parts(), new MemoryStream());
        var buffer = new byte[3];

        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty, Cancel));
        Assert.Equal(1, made);
        Assert.Equal(3, await stream.ReadAsync(buffer, Cancel));
        Assert.Equal(1, await stream.ReadAsync(buffer, Cancel));
        Assert.Equal(1, made);
        Assert.Equal(3, await stream.ReadAsync(buffer, Cancel));
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task A_reader_that_gives_up_is_let_go_at_once()
    {
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 1 }, SharedCounter.Load);
        using var busy = await BusyWorker.TakeAsync(counter, Cancel);
        using var response = await SendAsync(Chat, """{"messages":[{"role":"user","content":"a b c"}]}""", counter, Cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        using var abort = new CancellationTokenSource();

        var read = stream.ReadAsync(new byte[4096], abort.Token).AsTask();
        Assert.False(read.IsCompleted);
        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task A_request_cancelled_before_it_is_read_is_not_answered()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(Chat, "{}", shared.Counter, new CancellationToken(true)));
    }

    [Fact]
    public async Task A_large_text_streams_and_is_counted_whole()
    {
        var text = string.Concat(Enumerable.Repeat("hello world ", 40_000));

        var answer = await JsonAsync(Chat, $$"""{"messages":[{"role":"user","content":"{{text}}"}]}""");

        Assert.Equal(text, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(SharedCounter.Whole("o200k_base", text), Usage(answer, "completion_tokens"));
    }

    [Theory]
    [InlineData("https://echo.invalid/v1/models", "{}", HttpStatusCode.NotFound)]
    [InlineData(Chat, "[]", HttpStatusCode.BadRequest)]
    [InlineData(Chat, "{", HttpStatusCode.BadRequest)]
    public async Task What_it_cannot_answer_it_refuses(string url, string body, HttpStatusCode status)
    {
        using var response = await SendAsync(url, body, shared.Counter, Cancel);

        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("true", "text/event-stream")]
    [InlineData("false", "application/json")]
    public async Task The_content_type_tells_a_stream(string stream, string type)
    {
        using var response = await SendAsync(Chat, $$"""{"stream":{{stream}},"messages":[]}""", shared.Counter, Cancel);

        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static long Usage(JsonElement answer, string field) => answer.GetProperty("usage").GetProperty(field).GetInt64();

    private static string Delta(string data) =>
        JsonDocument.Parse(data).RootElement.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() ?? "" : "";

    private static async Task<HttpResponseMessage> SendAsync(string url, string body, TokenCounter counter, CancellationToken cancel)
    {
        using var invoker = new HttpMessageInvoker(new EchoHandler(counter, new PromptCounter(counter), new FakeTimeProvider(Now)));
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await invoker.SendAsync(request, cancel);
    }

    private async Task<string> TextAsync(string url, string body)
    {
        using var response = await SendAsync(url, body, shared.Counter, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancel);
    }

    private async Task<JsonElement> JsonAsync(string url, string body) => JsonDocument.Parse(await TextAsync(url, body)).RootElement;

    /// <summary>The data of a stream's events but the last, which is checked to be the end.</summary>
    private async Task<IReadOnlyList<string>> EventsAsync(string url, string body)
    {
        var events = (await TextAsync(url, body)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", events[^1]);
        return [.. events[..^1].Select(e => e["data: ".Length..])];
    }
}
