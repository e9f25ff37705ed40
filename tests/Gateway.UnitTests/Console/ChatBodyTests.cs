using System.Text.Json;
using Gateway.Console.Playground;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class ChatBodyTests
{
    [Fact]
    public void Nothing_is_sent_that_nobody_asked_for()
    {
        var body = Write(new ChatParameters { Stream = false }, forShow: true);

        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"It's “ü”"}]}""", body);
    }

    [Fact]
    public void What_was_set_is_sent_and_the_raw_body_wins()
    {
        var parameters = new ChatParameters { System = "Be brief", Temperature = "0.2", MaxTokens = "7", Stop = "a,b", Effort = "low", Json = true, Raw = """{"temperature":1,"x":[1]}""" };
        using var json = JsonDocument.Parse(Write(parameters, forShow: false));

        Assert.Equal("Be brief", json.RootElement.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("temperature").GetDecimal());
        Assert.Equal(7, json.RootElement.GetProperty("max_tokens").GetDecimal());
        Assert.Equal(2, json.RootElement.GetProperty("stop").GetArrayLength());
        Assert.Equal("low", json.RootElement.GetProperty("reasoning_effort").GetString());
        Assert.Equal("json_object", json.RootElement.GetProperty("response_format").GetProperty("type").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("x")[0].GetInt32());
        Assert.Equal("playground", json.RootElement.GetProperty("user").GetString());
    }

    [Theory]
    [InlineData("hot", null, "temperature: “hot” is not a number.")]
    [InlineData(null, "{\n  \"x\": }", "Raw body: not valid JSON at line 2, column 8.")]
    [InlineData(null, "[1]", "Raw body: a JSON object is needed.")]
    public void A_fault_says_where(string? temperature, string? raw, string fault)
    {
        Assert.False(ChatBody.Write("m", new ChatParameters { Temperature = temperature, Raw = raw }, [Turn()], forShow: true).TryGet(out _, out var error));
        Assert.Equal(fault, error.Message);
    }

    [Fact]
    public void A_picture_goes_as_it_is_and_is_shown_by_its_name()
    {
        var turn = new ChatTurn("see", [new ChatImage("cat.png", "data:image/png;base64,AAAA", null, 3)], TimeProvider.System);

        Assert.True(ChatBody.Write("m", new ChatParameters(), [turn], forShow: false).TryGet(out var sent, out _));
        Assert.Contains("data:image/png;base64,AAAA", sent, StringComparison.Ordinal);
        Assert.True(ChatBody.Write("m", new ChatParameters(), [turn], forShow: true).TryGet(out var shown, out _));
        Assert.Contains("data:<cat.png>", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shell_takes_the_body_as_it_is() => Assert.Equal("'it'\\''s $HOME `x`'", Snippets.Shell("it's $HOME `x`"));

    private static string Write(ChatParameters parameters, bool forShow) =>
        ChatBody.Write("m", parameters, [Turn()], forShow).TryGet(out var body, out var error) ? body : throw new InvalidOperationException(error.Message);

    private static ChatTurn Turn() => new("It's “ü”", [], TimeProvider.System);
}
