using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

/// <summary>Answers of the Responses API and of Anthropic's: their text, usage and ids, however they are cut into packets.</summary>
public sealed class DialectTests
{
    private const string ResponsesBody =
        """
        {"id":"resp_1","status":"completed","error":null,"instructions":"never counted","output":[
          {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Think. "}]},
          {"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"Hi \u00e9","annotations":[]},{"type":"refusal","refusal":"No."}]},
          {"type":"function_call","call_id":"call_1","name":"get","arguments":"{\"a\":1}"}]
        """;

    private const string MessagesBody =
        """
        {"id":"msg_1","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Think. ","signature":"x"},{"type":"text","text":"Hi"},
          {"type":"tool_use","id":"toolu_1","name":"get","input":{"a":1}}],"stop_reason":"tool_use"
        """;

    private static readonly string ResponsesStream = Events(
        """{"type":"response.created","response":{"id":"resp_1","status":"in_progress","usage":null,"output":[]}}""",
        """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi","obfuscation":"x"}""",
        """{"delta":" there","content_index":0,"output_index":0,"type":"response.output_text.delta"}""",
        """{"type":"response.audio.delta","delta":"QUJD"}""",
        """{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{}"}""",
        """{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hi there"}""",
        """{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hi there"}]}}""");

    private const string ResponsesEnd = """{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[{"content":[{"text":"Hi there"}]}],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":2},"output_tokens":3,"total_tokens":8}}}""";

    private static readonly string MessagesStream = Events(
        """{"type":"message_start","message":{"id":"msg_1","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":30,"cache_creation_input_tokens":20,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
        """{"type":"ping"}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"get","input":{}}}""",
        """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}""");

    [Fact]
    public void The_text_of_a_whole_response_is_all_that_the_model_wrote() =>
        Assert.Equal("Think. |Hi é|No.|get|{\"a\":1}", Read(ApiEndpoint.Responses, AnswerForm.Json, ResponsesBody + "}").Text);

    [Fact]
    public void The_text_of_a_whole_message_is_all_that_the_model_wrote() =>
        Assert.Equal("Think. |Hi|get|{\"a\":1}", Read(ApiEndpoint.Messages, AnswerForm.Json, MessagesBody + "}").Text);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Of_a_responses_stream_only_the_deltas_count(int chunk)
    {
        var read = Read(ApiEndpoint.Responses, AnswerForm.EventStream, ResponsesStream, chunk);

        Assert.Equal("Hi| there|{}", read.Text);
        Assert.Null(read.Usage);
        Assert.Equal(("resp_1", "in_progress"), (read.Id, read.Status));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Its_last_event_tells_usage_and_status(int chunk)
    {
        var read = Read(ApiEndpoint.Responses, AnswerForm.EventStream, ResponsesStream + Events(ResponsesEnd), chunk);

        Assert.Equal(new TokenUsage(5, 3, 2, 0), read.Usage);
        Assert.Equal("completed", read.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100_000)]
    public void A_response_body_tells_id_status_and_usage(int chunk)
    {
        var read = Read(ApiEndpoint.Responses, AnswerForm.Json, ResponsesBody + ""","usage":{"input_tokens":5,"output_tokens":3}}""", chunk);

        Assert.Equal(("resp_1", "completed", new TokenUsage(5, 3, 0, 0)), (read.Id, read.Status, read.Usage));
    }

    [Fact]
    public void A_messages_stream_tells_the_prompt_first()
    {
        var read = Read(ApiEndpoint.Messages, AnswerForm.EventStream, MessagesStream);

        Assert.Equal("Hi|get|{}", read.Text);
        Assert.Null(read.Usage);
        Assert.Equal(new TokenUsage(55, 0, 30, 0) { CacheWriteTokens = 20 }, read.Prompt);
    }

    [Theory]
    [InlineData("""{"output_tokens":9}""", 55, 9)]
    [InlineData("""{"input_tokens":6,"cache_read_input_tokens":30,"cache_creation_input_tokens":null,"output_tokens":9}""", 56, 9)]
    [InlineData("""{"output_tokens":0}""", 55, 0)]
    public void And_the_answer_last(string usage, long input, long output)
    {
        var end = $$"""{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{{usage}}}""";

        var read = Read(ApiEndpoint.Messages, AnswerForm.EventStream, MessagesStream + Events("""{"type":"message_delta","delta":{},"usage":{"output_tokens":4}}""", end));

        Assert.Equal(new TokenUsage(input, output, 30, 0) { CacheWriteTokens = 20 }, read.Usage);
    }

    [Fact]
    public void An_id_is_told_once_and_before_its_bytes_pass()
    {
        var told = new List<(string Id, long Seen)>();
        AnswerReader? reader = null;
        reader = new AnswerReader(ApiEndpoint.Responses, AnswerForm.EventStream, false, ApiEndpoint.Responses.UsagePaths ?? UsagePaths.Default, null)
        {
            IdSink = id =>
            {
                told.Add((id, reader?.BytesSeen ?? 0));
                return Task.CompletedTask;
            },
        };
        using (reader)
        {
            var bytes = Encoding.UTF8.GetBytes(ResponsesStream + Events(ResponsesEnd));
            reader.Pass(bytes, bytes.Length);
            reader.Complete();

            Assert.Equal([("resp_1", (long)bytes.Length)], told);
        }
    }

    private static string Events(params string[] data) => string.Concat(data.Select(one => $"event: x\ndata: {one}\n\n"));

    private static (string Text, TokenUsage? Usage, TokenUsage? Prompt, string? Id, string? Status) Read(ApiEndpoint endpoint, AnswerForm form, string answer, int chunk = 100_000)
    {
        var text = new List<string>();
        using var reader = new AnswerReader(endpoint, form, false, endpoint.UsagePaths ?? UsagePaths.Default, (_, _, utf8) => text.Add(Encoding.UTF8.GetString(utf8)));
        var bytes = Encoding.UTF8.GetBytes(answer);
        for (var at = 0; at < bytes.Length; at += chunk)
        {
            var piece = bytes[at..Math.Min(bytes.Length, at + chunk)];
            Assert.Equal(piece.Length, reader.Pass(piece, piece.Length));
        }

        reader.Complete();
        return (string.Join('|', text), reader.Usage, reader.PromptUsage, reader.AnswerId, reader.Status);
    }
}
