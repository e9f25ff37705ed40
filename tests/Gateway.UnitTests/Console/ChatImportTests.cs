using Gateway.Console.Playground;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class ChatImportTests
{
    [Theory]
    [InlineData("""{"messages":[{"role":"system","content":"S"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}""", "S", "a>b", "c", 0)]
    [InlineData("""{"system":[{"type":"text","text":"S"}],"messages":[{"role":"user","content":[{"type":"text","text":"c"}]}]}""", "S", "", "c", 0)]
    [InlineData("""{"instructions":"S","input":"c"}""", "S", "", "c", 0)]
    [InlineData("""{"input":[{"role":"user","content":[{"type":"input_text","text":"c"}]}]}""", null, "", "c", 0)]
    [InlineData("""{"messages":[{"role":"assistant","content":"b"},{"role":"user","content":"a"},{"role":"user","content":"c"}]}""", null, ">b|a>", "c", 0)]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{}]},{"role":"tool","content":"4"},{"role":"assistant","content":"b"}]}""", null, "a>b", "", 2)]
    [InlineData("""{"messages":[7,null,{"role":3},{"content":"x"}]}""", null, "", "", 4)]
    public void A_body_becomes_a_conversation_to_go_on_with(string body, string? system, string turns, string draft, int leftOut)
    {
        var import = ChatImport.Of(body, TimeProvider.System) ?? throw new InvalidOperationException("It was not read.");

        Assert.Equal((system, draft, leftOut), (import.Parameters.System, import.Draft, import.LeftOut));
        Assert.Equal(turns, string.Join('|', import.Turns.Select(turn => $"{turn.Text}>{turn.Answer.Text}")));
        Assert.All(import.Turns, turn => Assert.True(turn.Answer.IsDone));
    }

    [Fact]
    public void Parameters_and_pictures_come_with_it()
    {
        var import = ChatImport.Of(
            """
            {"temperature":0.70,"top_p":1,"max_completion_tokens":12,"stop":["a","b"],"seed":7,"reasoning_effort":"low","response_format":{"type":"json_object"},
            "messages":[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}
            """,
            TimeProvider.System);

        var parameters = import?.Parameters;
        Assert.Equal(("0.70", "1", "12", "a,b"), (parameters?.Temperature, parameters?.TopP, parameters?.MaxTokens, parameters?.Stop));
        Assert.Equal(("7", "low", true), (parameters?.Seed, parameters?.Effort, parameters?.Json));
        Assert.Equal("data:image/png;base64,AAAA", Assert.Single(import?.Images ?? []).DataUrl);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"messages\":[")]
    [InlineData("[]")]
    [InlineData("{\"messages\":7}")]
    [InlineData("{\"prompt\":\"x\"}")]
    public void What_is_no_conversation_is_none(string body) => Assert.Null(ChatImport.Of(body, TimeProvider.System));
}
