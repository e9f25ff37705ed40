using System.Text;
using Gateway.OpenAi;
using Gateway.Proxy;
using Gateway.UnitTests.Tokens;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class TokenCountRequestTests(SharedCounter shared)
{
    [Theory]
    [InlineData("""{"encoding":"gpt2","input":"hello world"}""", 2, "gpt2")]
    [InlineData("""{"model":"gpt-4o","input":"hello world"}""", 2, "o200k_base")]
    [InlineData("""{"model":"gpt-4","input":["hello world","hello"]}""", 3, "cl100k_base")]
    [InlineData("""{"model":"gpt-4","encoding":"o200k_base","input":""}""", 0, "o200k_base")]
    [InlineData("""{"model":"gpt-oss-20b","input":[]}""", 0, "o200k_harmony")]
    [InlineData("""{"encoding":"o200k_base","messages":[{"role":"user","content":"hello world"}]}""", 9, "o200k_base")]
    [InlineData("""{"input":"<|endoftext|>","encoding":"cl100k_base"}""", 7, "cl100k_base")]
    [InlineData("""{"input":"\ud800","encoding":"cl100k_base"}""", 1, "cl100k_base")]
    public async Task A_text_or_messages_are_counted_in_the_encoding_asked_for(string body, long tokens, string encoding)
    {
        Assert.True(Read(body).TryGet(out var ask, out _));
        var endpoint = ask.CountsMessages ? ApiEndpoint.ChatCompletions : ApiEndpoint.Embeddings;
        var counted = await shared.Prompts.CountPromptAsync(Encoding.UTF8.GetBytes(body), endpoint.Path, ask.Encoding, TestContext.Current.CancellationToken);

        Assert.Equal((tokens, encoding, true), (counted.Tokens, ask.Encoding.Name, counted.Exact));
    }

    [Theory]
    [InlineData("{", "invalid_json", null)]
    [InlineData("", "invalid_json", null)]
    [InlineData("""{"encoding":"gpt2","input":"x"} x""", "invalid_json", null)]
    [InlineData("[]", "invalid_request", null)]
    [InlineData("""{"encoding":"gpt2"}""", "invalid_request", "input")]
    [InlineData("""{"encoding":"gpt2","input":"x","messages":[]}""", "invalid_request", "input")]
    [InlineData("""{"encoding":"gpt3","input":"x"}""", "invalid_request", "encoding")]
    [InlineData("""{"encoding":5,"input":"x"}""", "invalid_request", "encoding")]
    [InlineData("""{"encoding":"\ud800","input":"x"}""", "invalid_request", "encoding")]
    [InlineData("""{"model":null,"input":"x"}""", "invalid_request", "model")]
    [InlineData("""{"input":"x"}""", "invalid_request", "model")]
    [InlineData("""{"model":"gpt-4","input":["x",1]}""", "invalid_request", "input")]
    [InlineData("""{"model":"gpt-4","input":{"a":1}}""", "invalid_request", "input")]
    [InlineData("""{"model":"gpt-4","messages":"x"}""", "invalid_request", "messages")]
    [InlineData("""{"model":"gpt-4","messages":["x"]}""", "invalid_request", "messages")]
    [InlineData("""{"model":"gpt-4","input":"x","inputs":1}""", "invalid_request", "inputs")]
    [InlineData("""{"model":"gpt-4","input":"x","input":"y"}""", "invalid_request", "input")]
    public void What_cannot_be_counted_is_refused(string body, string code, string? param)
    {
        Assert.False(Read(body).TryGet(out _, out var error));

        Assert.Equal((400, code, param), (error.Status, error.Code, error.Param));
    }

    [Fact]
    public void An_unknown_encoding_is_told_the_known_ones()
    {
        Assert.False(Read("""{"encoding":"gpt3","input":"x"}""").TryGet(out _, out var error));

        Assert.Contains("gpt2, r50k_base, p50k_base, p50k_edit, cl100k_base, o200k_base, o200k_harmony, claude", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_that_is_not_utf8_is_not_json()
    {
        Assert.False(TokenCountRequest.Read([.. "{\"encoding\":\"gpt2\",\"input\":\""u8, 0xFF, .. "\"}"u8]).TryGet(out _, out var error));

        Assert.Equal("invalid_json", error.Code);
    }

    private static Outcome<TokenCountRequest> Read(string body) => TokenCountRequest.Read(Encoding.UTF8.GetBytes(body));
}
