using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class RequestEnvelopeTests
{
    [Fact]
    public void A_usual_chat_body_is_read()
    {
        var body = """{"model": "gpt-4o", "messages":[{"role":"user","content":"hi \"you\""}], "stream":true,"n":2,"max_tokens":10,"max_completion_tokens": 30,"user":"u-1","stream_options":{"include_usage":true}}"""u8;

        var envelope = Accepted(body);

        Assert.Equal("gpt-4o", envelope.Model);
        Assert.Equal("\"gpt-4o\"", Text(body, envelope.ModelValue));
        Assert.True(envelope.Stream);
        Assert.True(envelope.UsageAsked);
        Assert.Equal(2, envelope.Choices);
        Assert.Equal(30, envelope.OutputCap);
        Assert.Equal("10", Text(body, Given(envelope.MaxTokens).Value));
        Assert.Equal("30", Text(body, Given(envelope.MaxCompletionTokens).Value));
        Assert.Null(envelope.MaxOutputTokens);
        Assert.Equal("u-1", envelope.User);
        Assert.Equal(1, envelope.FieldsStart);
    }

    [Fact]
    public void What_a_caller_leaves_out_has_its_default()
    {
        var envelope = Accepted("""  { "model":"m" }  """u8);

        Assert.False(envelope.Stream);
        Assert.False(envelope.UsageAsked);
        Assert.Equal(UsageSlotKind.NoOptions, envelope.Usage.Kind);
        Assert.Equal(1, envelope.Choices);
        Assert.Equal(1, envelope.Prompts);
        Assert.Null(envelope.OutputCap);
        Assert.Null(envelope.User);
        Assert.Equal(3, envelope.FieldsStart);
    }

    [Fact]
    public void Null_is_absent()
    {
        var body = """{"model":"m","stream":null,"stream_options":null,"n":null,"max_tokens":null,"max_output_tokens":null,"user":null}"""u8;

        var envelope = Accepted(body);

        Assert.False(envelope.Stream);
        Assert.Equal(UsageSlotKind.NullOptions, envelope.Usage.Kind);
        Assert.Equal("null", Text(body, envelope.Usage.Range));
        Assert.Equal(1, envelope.Choices);
        Assert.Null(envelope.OutputCap);
        Assert.Null(Given(envelope.MaxTokens).Tokens);
        Assert.Equal("null", Text(body, Given(envelope.MaxTokens).Value));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("nul", "")]
    [InlineData("{", "")]
    [InlineData("""{"model":"m"}x""", "")]
    [InlineData("""{"model":"m"}{"model":"n"}""", "")]
    [InlineData("""{"model":"m",}""", "")]
    [InlineData("""{"model":"m","t":NaN}""", "")]
    [InlineData("""{"model":"m","t":Infinity}""", "")]
    [InlineData("""{"model":"m"/* c */}""", "")]
    [InlineData("{\"model\":\"m\"} // c", "")]
    [InlineData("{'model':'m'}", "")]
    [InlineData("{\"model\":\"a\nb\"}", "")]
    [InlineData("""{"model":"secret""", "secret")]
    [InlineData("""{"model":"m","a":"secret-text",oops}""", "oops")]
    [InlineData("\uFEFF{\"model\":\"m\"}", "")]
    [InlineData("""{"model":"m","messages":"\ud800"}""", "")]
    [InlineData("""{"model":"m","messages":[{"content":"a\uDC00b"}]}""", "")]
    [InlineData("""{"model":"m","x":"\ud83d\ud83d"}""", "")]
    [InlineData("""{"model":"m","x":"\ud83d","y":"\ude00"}""", "")]
    [InlineData("""{"model":"m","x":"\\\ud800"}""", "")]
    [InlineData("""{"model":"\ud800"}""", "")]
    [InlineData("""{"\ud800":1,"model":"m"}""", "")]
    [InlineData("""{"model":"m","stream_options":{"\udfff":1}}""", "")]
    [InlineData("""{"model":"m","user":"\ud800"}""", "")]
    [InlineData("""{"model":"m","x":"\u12"}""", "")]
    public void What_is_not_json_is_refused_without_quoting_it(string body, string secret)
    {
        var error = Refused(Encoding.UTF8.GetBytes(body));

        Assert.Equal((400, "invalid_json"), (error.Status, error.Code));
        Assert.True(secret.Length == 0 || !error.Message.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public void The_place_of_a_fault_is_told()
    {
        var error = Refused("{\"model\":\"m\",\n\"a\": oops}"u8.ToArray());

        Assert.Contains("line 2, byte 6", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7B226D6F64656C223A226DFF227D")]
    [InlineData("7B226D6F64656C223A226D222C2278223A22C0AF227D")]
    [InlineData("7B226D6F64656C223A226D222C2278223A22EDA080227D")]
    [InlineData("7B226D6F64656C223A226D222C22FF223A317D")]
    public void What_is_not_utf8_is_refused(string hex)
    {
        var error = Refused(Convert.FromHexString(hex));

        Assert.Equal((400, "invalid_json"), (error.Status, error.Code));
        Assert.Contains("UTF-8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"m","x":"\ud83d\ude00"}""")]
    [InlineData("""{"model":"m","x":"\\ud800"}""")]
    [InlineData("""{"model":"m","x":"\\\\ud800 \uD83D\uDE00\ud83d\ude00"}""")]
    [InlineData("""{"model":"m","x":"\u0000\uffff\ue000\ud7ff"}""")]
    [InlineData("""{"model":"m","x":1e999,"y":-0.5E+3}""")]
    [InlineData("""{"model":"m","messages":[{"model":"a","model":"b","Model":1,"stream":"x"}]}""")]
    [InlineData("""{"model":"m","Messages":[],"messages":[],"USER":1}""")]
    [InlineData("""{"model":"m","best_of":"passes on chat"}""")]
    [InlineData("""{"model":"m","user":{"deep":[1]}}""")]
    [InlineData("""{"model":"m","api_base":"http://elsewhere","api_key":"k"}""")]
    public void What_is_unusual_but_sound_passes(string body)
    {
        Assert.Equal("m", Accepted(Encoding.UTF8.GetBytes(body)).Model);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"model\"")]
    [InlineData("1")]
    [InlineData("null")]
    public void A_body_that_is_no_object_is_refused(string body)
    {
        Assert.Equal((400, "invalid_request"), (Refused(Encoding.UTF8.GetBytes(body)).Status, Refused(Encoding.UTF8.GetBytes(body)).Code));
    }

    [Theory]
    [InlineData("""{"model":"a","model":"b"}""", "model")]
    [InlineData("""{"model":"a","m\u006fdel":"b"}""", "model")]
    [InlineData("""{"m\u006fdel":"a","\u006d\u006f\u0064\u0065\u006c":"b"}""", "model")]
    [InlineData("""{"model":"a","temperature":1,"temperature":1}""", "temperature")]
    [InlineData("""{"":1,"model":"a","":1}""", "")]
    [InlineData("""{"model":"a","a name longer than eight":1,"a name longer than eigh\u0074":2}""", "a name longer than eight")]
    [InlineData("""{"model":"a","stream_options":{"include_usage":true,"include_usage":false}}""", "include_usage")]
    [InlineData("""{"model":"a","stream_options":{"x":1,"\u0078":1}}""", "x")]
    public void A_field_given_twice_is_refused_by_name(string body, string name)
    {
        var error = Refused(Encoding.UTF8.GetBytes(body));

        Assert.Equal((400, "invalid_request", name), (error.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("Model")]
    [InlineData("MODEL")]
    [InlineData("\\u004dodel")]
    [InlineData("Stream")]
    [InlineData("\u017Ftream")]
    [InlineData("\\u017ftream")]
    [InlineData("Stream_Options")]
    [InlineData("N")]
    [InlineData("Best_of")]
    [InlineData("Max_Tokens")]
    [InlineData("max_to\u212Aens")]
    [InlineData("MAX_COMPLETION_TOKENS")]
    [InlineData("max_Output_tokens")]
    public void A_field_in_another_letter_case_is_refused(string name)
    {
        var error = Refused(Encoding.UTF8.GetBytes($$"""{"model":"m","{{name}}":null}"""));

        Assert.Equal((400, "invalid_request"), (error.Status, error.Code));
        Assert.NotNull(error.Param);
    }

    [Theory]
    [InlineData("\"model\":1", "model")]
    [InlineData("\"model\":[\"m\"]", "model")]
    [InlineData("\"model\":\"m\",\"stream\":\"true\"", "stream")]
    [InlineData("\"model\":\"m\",\"stream\":1", "stream")]
    [InlineData("\"model\":\"m\",\"stream\":{}", "stream")]
    [InlineData("\"model\":\"m\",\"stream_options\":true", "stream_options")]
    [InlineData("\"model\":\"m\",\"stream_options\":[]", "stream_options")]
    [InlineData("\"model\":\"m\",\"stream_options\":{\"include_usage\":1}", "stream_options.include_usage")]
    [InlineData("\"model\":\"m\",\"stream_options\":{\"include_usage\":\"true\"}", "stream_options.include_usage")]
    [InlineData("\"model\":\"m\",\"stream_options\":{\"Include_Usage\":true}", "stream_options.include_usage")]
    [InlineData("\"model\":\"m\",\"n\":0", "n")]
    [InlineData("\"model\":\"m\",\"n\":-1", "n")]
    [InlineData("\"model\":\"m\",\"n\":1.0", "n")]
    [InlineData("\"model\":\"m\",\"n\":1e0", "n")]
    [InlineData("\"model\":\"m\",\"n\":\"1\"", "n")]
    [InlineData("\"model\":\"m\",\"n\":2147483648", "n")]
    [InlineData("\"model\":\"m\",\"n\":[1]", "n")]
    [InlineData("\"model\":\"m\",\"max_tokens\":-1", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":0", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":-0", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":1.5", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":1e2", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":1e999", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":\"100\"", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":true", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_tokens\":{}", "max_tokens")]
    [InlineData("\"model\":\"m\",\"max_completion_tokens\":9007199254740992", "max_completion_tokens")]
    [InlineData("\"model\":\"m\",\"max_output_tokens\":9223372036854775808", "max_output_tokens")]
    public void A_wrong_type_or_number_is_refused_by_field(string fields, string param)
    {
        var error = Refused(Encoding.UTF8.GetBytes("{" + fields + "}"));

        Assert.Equal((400, "invalid_request", param), (error.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"messages":[]}""")]
    [InlineData("""{"model":null}""")]
    [InlineData("""{"model":""}""")]
    public void A_missing_model_has_its_own_code(string body)
    {
        Assert.Equal("missing_model", Refused(Encoding.UTF8.GetBytes(body)).Code);
    }

    [Fact]
    public void The_largest_exact_cap_passes()
    {
        Assert.Equal(9007199254740991, Accepted("""{"model":"m","max_tokens":9007199254740991}"""u8).OutputCap);
    }

    [Fact]
    public void On_completions_a_cap_may_be_0_and_best_of_counts()
    {
        var envelope = Accepted("""{"model":"m","max_tokens":0,"n":2,"best_of":5,"prompt":"a"}"""u8, ApiEndpoint.Completions);

        Assert.Equal(0, envelope.OutputCap);
        Assert.Equal(5, envelope.Choices);
        Assert.Equal("best_of", Refused("""{"model":"m","best_of":0}"""u8.ToArray(), ApiEndpoint.Completions).Param);
    }

    [Theory]
    [InlineData("\"one\"", 1)]
    [InlineData("[]", 1)]
    [InlineData("null", 1)]
    [InlineData("[1,2,3]", 1)]
    [InlineData("[\"a\",\"b\",\"c\"]", 3)]
    [InlineData("[[1,2],[3]]", 2)]
    public void The_prompts_of_a_completion_are_counted(string prompt, int expected)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","prompt":{{prompt}},"stream":true}""");

        Assert.Equal(expected, Accepted(body, ApiEndpoint.Completions).Prompts);
        Assert.True(Accepted(body, ApiEndpoint.Completions).Stream);
        Assert.Equal(1, Accepted(body, ApiEndpoint.ChatCompletions).Prompts);
    }

    [Theory]
    [InlineData(128, null)]
    [InlineData(129, "invalid_json")]
    [InlineData(10_000, "invalid_json")]
    public void Nesting_is_bounded(int levels, string? code)
    {
        // The body itself is the first level.
        var arrays = Encoding.UTF8.GetBytes($$"""{"model":"m","x":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}}}""");
        var objects = Encoding.UTF8.GetBytes($$"""{"model":"m","stream_options":{{string.Concat(Enumerable.Repeat("{\"a\":", levels - 2))}}{}{{new string('}', levels - 2)}}}""");

        Assert.Equal(code, CodeOf(arrays));
        Assert.Equal(code, CodeOf(objects));
        if (levels > RequestEnvelope.MaxNesting)
        {
            Assert.Contains("128", Refused(arrays).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(4095, null)]
    [InlineData(4096, "invalid_request")]
    [InlineData(100_000, "invalid_request")]
    public void The_number_of_fields_is_bounded(int others, string? code)
    {
        var fields = string.Concat(Enumerable.Range(0, others).Select(i => $",\"f{i}\":{i}"));

        Assert.Equal(code, CodeOf(Encoding.UTF8.GetBytes($$"""{"model":"m"{{fields}}}""")));
    }

    [Fact]
    public void A_twin_is_found_among_many_fields()
    {
        var fields = string.Concat(Enumerable.Range(0, 2000).Select(i => $",\"f{i}\":{i}"));

        Assert.Equal("f1234", Refused(Encoding.UTF8.GetBytes($$"""{"model":"m"{{fields}},"f1234":0}""")).Param);
    }

    [Fact]
    public void A_name_of_a_field_is_bounded()
    {
        Assert.Null(CodeOf(Encoding.UTF8.GetBytes($$"""{"model":"m","{{new string('a', 1024)}}":1}""")));
        Assert.Equal("invalid_request", CodeOf(Encoding.UTF8.GetBytes($$"""{"model":"m","{{new string('a', 1025)}}":1}""")));
    }

    [Fact]
    public void An_odd_name_of_a_model_passes_and_an_endless_one_is_unknown()
    {
        var odd = new string('x', 10 * 1024);

        Assert.Equal("a\r\nb", Accepted("""{"model":"a\r\nb"}"""u8).Model);
        Assert.Equal(odd, Accepted(Encoding.UTF8.GetBytes($$"""{"model":"{{odd}}"}""")).Model);
        Assert.Equal((404, "model_not_found"), (
            Refused(Encoding.UTF8.GetBytes($$"""{"model":"{{new string('x', 1024 * 1024)}}"}""")).Status,
            Refused(Encoding.UTF8.GetBytes($$"""{"model":"{{new string('x', 1024 * 1024)}}"}""")).Code));
    }

    [Fact]
    public void A_long_name_of_a_user_is_cut_between_characters()
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","user":"{{new string('u', 255)}}😀 and more"}""");

        Assert.Equal(new string('u', 255), Accepted(body).User);
    }

    [Fact]
    public void Reading_allocates_the_same_for_a_small_and_a_large_body()
    {
        var small = Encoding.UTF8.GetBytes("""{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""");
        var large = Encoding.UTF8.GetBytes($$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{new string('x', 4 << 20)}}\n\u00e9"}]}""");
        Accepted(small);
        Accepted(large);

        Assert.Equal(AllocatedBy(small), AllocatedBy(large));
    }

    [Fact]
    public void No_broken_body_gets_past_as_an_exception()
    {
        var random = new Random(20260711);
        var sound = """{"model":"m\ud83d\ude00","messages":[{"content":"é\u00e9\n"}],"stream":true,"stream_options":{"include_usage":false},"n":1,"max_tokens":5,"user":"\ud83d\ude00"}"""u8.ToArray();
        ReadOnlySpan<byte> letters = "{}[]\",:\\u0dD8ce1-.tfn \xFF\xC3"u8;
        for (var round = 0; round < 50_000; round++)
        {
            var body = sound.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                body[random.Next(body.Length)] = letters[random.Next(letters.Length)];
            }

            var outcome = RequestEnvelope.Read(body.AsSpan(0, random.Next(4) == 0 ? random.Next(body.Length) : body.Length), ApiEndpoint.ChatCompletions);

            Assert.True(outcome.TryGet(out _, out var error) || error.Status is 400);
        }
    }

    [Theory]
    [InlineData("responses", """{"model":"m","max_tokens":1,"max_completion_tokens":1,"max_output_tokens":9}""", 9)]
    [InlineData("responses", """{"model":"m","max_tokens":1}""", null)]
    [InlineData("messages", """{"model":"m","max_output_tokens":1,"max_tokens":9}""", 9)]
    [InlineData("images/generations", """{"model":"m","max_tokens":1}""", null)]
    public void Only_what_caps_a_calls_answers_is_a_cap(string path, string body, int? cap) =>
        Assert.Equal(cap, Accepted(Encoding.UTF8.GetBytes(body), ApiEndpoint.All.Single(endpoint => endpoint.Path == path)).OutputCap);

    [Fact]
    public void A_response_tells_what_it_goes_on_from_and_whether_it_is_kept()
    {
        var envelope = Accepted("""{"model":"m","previous_response_id":"resp_1","store":false,"background":true}"""u8, ApiEndpoint.Responses);
        var chat = Accepted("""{"model":"m","previous_response_id":7,"store":false}"""u8);

        Assert.Equal(("resp_1", false, true), (envelope.PreviousResponseId, envelope.IsStored, envelope.IsBackground));
        Assert.Equal((null, true), (chat.PreviousResponseId, chat.IsStored));
        Assert.Equal("previous_response_id", Refused("""{"model":"m","previous_response_id":7}"""u8.ToArray(), ApiEndpoint.Responses).Param);
        Assert.Equal("Previous_Response_Id", Refused("""{"model":"m","Previous_Response_Id":"resp_1"}"""u8.ToArray(), ApiEndpoint.Responses).Param);
    }

    [Fact]
    public void Anthropics_user_stands_in_the_metadata()
    {
        Assert.Equal("u-1", Accepted("""{"model":"m","metadata":{"a":[1],"user_id":"u-1","b":{}},"max_tokens":1}"""u8, ApiEndpoint.Messages).User);
        Assert.Null(Accepted("""{"model":"m","metadata":{"user_id":"u-1"}}"""u8).User);
    }

    [Theory]
    [InlineData("""{"model":"b"}""", null, null, "b", "b")]
    [InlineData("""{"model":"b"}""", "p", null, "p", "b")]
    [InlineData("{}", "p", null, "p", null)]
    [InlineData("{}", null, "d", "d", null)]
    [InlineData("""{"model":null}""", null, "d", "d", null)]
    [InlineData("""{"model":"b"}""", null, "d", "b", "b")]
    public void The_model_is_the_paths_else_the_bodys_else_the_default(string body, string? inPath, string? usual, string model, string? inBody)
    {
        Assert.True(RequestEnvelope.Read(Encoding.UTF8.GetBytes(body), ApiEndpoint.Moderations, new NamedModel(inPath, usual)).TryGet(out var envelope, out _));

        Assert.Equal((model, inBody), (envelope.Model, envelope.ModelInBody));
    }

    private static long AllocatedBy(byte[] body)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        RequestEnvelope.Read(body, ApiEndpoint.ChatCompletions);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static RequestEnvelope Accepted(ReadOnlySpan<byte> body, ApiEndpoint? endpoint = null)
    {
        var isRead = RequestEnvelope.Read(body, endpoint ?? ApiEndpoint.ChatCompletions).TryGet(out var envelope, out var error);
        Assert.True(isRead, error?.Message);
        return envelope ?? throw new InvalidOperationException("An outcome was neither.");
    }

    private static GatewayError Refused(byte[] body, ApiEndpoint? endpoint = null)
    {
        Assert.False(RequestEnvelope.Read(body, endpoint ?? ApiEndpoint.ChatCompletions).TryGet(out _, out var error));
        return error;
    }

    private static string? CodeOf(byte[] body) =>
        RequestEnvelope.Read(body, ApiEndpoint.ChatCompletions).TryGet(out _, out var error) ? null : error.Code;

    private static OutputCapField Given(OutputCapField? cap) => cap ?? throw new InvalidOperationException("The cap is absent.");

    private static string Text(ReadOnlySpan<byte> body, ByteRange range) => Encoding.UTF8.GetString(body.Slice(range.Start, range.Length));
}
