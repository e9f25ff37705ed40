using System.Text;
using System.Text.Json.Nodes;
using Gateway.OpenAi;
using Gateway.Proxy;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class OutputCapTests
{
    [Theory]
    [InlineData("""{"model":"m"}""", """{"max_tokens":5,"model":"m"}""")]
    [InlineData("""{"model":"m","max_tokens":9}""", """{"model":"m","max_tokens":5}""")]
    [InlineData("""{"model":"m","max_tokens":3}""", """{"model":"m","max_tokens":3}""")]
    [InlineData("""{"model":"m","max_tokens":null}""", """{"model":"m","max_tokens":5}""")]
    [InlineData("""{"model":"m","max_completion_tokens":null}""", """{"max_tokens":5,"model":"m","max_completion_tokens":null}""")]
    [InlineData("""{"model":"m","max_completion_tokens":9}""", """{"model":"m","max_completion_tokens":5}""")]
    [InlineData("""{"max_tokens":9,"model":"m","max_completion_tokens":100}""", """{"max_tokens":5,"model":"m","max_completion_tokens":5}""")]
    [InlineData("""{"max_tokens":2,"model":"m","max_completion_tokens":100}""", """{"max_tokens":2,"model":"m","max_completion_tokens":5}""")]
    public void The_cap_goes_into_the_field_the_caller_used_else_into_the_providers(string body, string expected) =>
        Assert.Equal(expected, Send(body, new OutputCap(5, "max_tokens")));

    [Fact]
    public void A_cap_and_the_question_for_usage_both_find_their_place()
    {
        var sent = JsonNode.Parse(Send("""{"model":"m","stream":true}""", new OutputCap(5, "max_completion_tokens")));

        Assert.Equal(5, (int?)sent?["max_completion_tokens"]);
        Assert.Equal(true, (bool?)sent?["stream_options"]?["include_usage"]);
        Assert.Equal("m", (string?)sent?["model"]);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", 100, false)]
    [InlineData("""{"model":"m"}""", 101, true)]
    [InlineData("""{"model":"m","max_tokens":100}""", 5000, false)]
    [InlineData("""{"model":"m","max_tokens":101}""", 5000, true)]
    public void A_cap_is_lowered_where_the_caller_would_have_got_more(string body, long usual, bool lowers) =>
        Assert.Equal(lowers, new OutputCap(100, "max_tokens").Lowers(Read(Encoding.UTF8.GetBytes(body)), usual));

    private static string Send(string text, OutputCap cap)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var splice = BodySplice.Plan(body, Read(body), "m", askForUsage: true, [], cap);
        using var sent = new MemoryStream();
        splice.Open(body).CopyTo(sent);
        Assert.Equal(splice.Length, sent.Length);
        return Encoding.UTF8.GetString(sent.ToArray());
    }

    private static RequestEnvelope Read(byte[] body) =>
        RequestEnvelope.Read(body, ApiEndpoint.ChatCompletions).TryGet(out var envelope, out var error) ? envelope : throw new InvalidOperationException(error.Message);
}
