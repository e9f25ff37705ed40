using System.Text;
using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class PromptCounterTests(SharedCounter shared)
{
    [Theory]
    [InlineData("no messages", "{\"messages\":[]}", 3)]
    [InlineData("one message: 3 + role + text + 3", "{\"messages\":[{\"role\":\"user\",\"content\":\"hello world\"}]}", 9)]
    [InlineData("a name costs one more", "{\"messages\":[{\"role\":\"user\",\"name\":\"world\",\"content\":\"hello world\"}]}", 11)]
    [InlineData("two messages", "{\"messages\":[{\"role\":\"system\",\"content\":\"hello\"},{\"role\":\"user\",\"content\":\"hello world\"}]}", 14)]
    [InlineData("text parts", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"},{\"type\":\"text\",\"text\":\" world\"}]}]}", 9)]
    [InlineData("an image", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}]}", 772)]
    [InlineData("an image in low detail", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"image_url\":{\"detail\":\"low\",\"url\":\"https://x\"},\"type\":\"image_url\"}]}]}", 92)]
    [InlineData("a file", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]}", 772)]
    [InlineData("audio", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"mp3\"}}]}]}", 8)]
    [InlineData("a tool call's name and arguments", "{\"messages\":[{\"role\":\"user\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"hello\",\"arguments\":\"hello world\"}}]}]}", 10)]
    [InlineData("a custom tool's input", "{\"messages\":[{\"role\":\"user\",\"tool_calls\":[{\"type\":\"custom\",\"custom\":{\"name\":\"hello\",\"input\":\"hello world\"}}]}]}", 10)]
    [InlineData("the old function call", "{\"messages\":[{\"role\":\"user\",\"function_call\":{\"name\":\"hello\",\"arguments\":\"hello world\"}}]}", 10)]
    [InlineData("a tool: its JSON and 12", "{\"messages\":[],\"tools\":[{}]}", 16)]
    [InlineData("no tools", "{\"messages\":[],\"tools\":[]}", 3)]
    [InlineData("other fields cost nothing", "{\"messages\":[],\"prompt\":\"hello\",\"input\":\"hello\",\"user\":\"hello\",\"metadata\":{\"messages\":[{\"role\":\"user\"}]}}", 3)]
    [InlineData("odd types cost nothing", "{\"messages\":5,\"tools\":\"x\",\"response_format\":[]}", 0)]
    [InlineData("odd messages", "{\"messages\":[null,7,[[1]],{\"role\":3,\"content\":{\"a\":[]},\"tool_calls\":7},\"hello\"]}", 19)]
    [InlineData("odd parts", "{\"messages\":[{\"content\":[null,\"hello\",[\"x\"],{\"type\":1,\"text\":{\"text\":\"x\"},\"image_url\":\"https://x\",\"input_audio\":3}]}]}", 772)]
    [InlineData("escaped names", "{\"mess\\u0061ges\":[{\"r\\u006fle\":\"user\",\"content\":\"hello world\"}]}", 9)]
    [InlineData("half a surrogate pair", "{\"messages\":[{\"role\":\"\\ud800\",\"\\ud800\":\"\\udc00\"}]}", 8)]
    [InlineData("no object", "[1,2]", 0)]
    public async Task A_chats_prompt_counts_by_the_rule(string rule, string body, int expected)
    {
        Assert.NotEmpty(rule);
        Assert.Equal(new CountedTokens(expected, true), await CountAsync(body, "chat/completions"));
    }

    [Theory]
    [InlineData("{\"prompt\":\"hello world\"}", 2)]
    [InlineData("{\"prompt\":[\"hello world\",\"hello\"]}", 3)]
    [InlineData("{\"prompt\":[15339,1917,0]}", 3)]
    [InlineData("{\"prompt\":[[15339],[1917,0]]}", 3)]
    [InlineData("{\"prompt\":\"hello\",\"suffix\":\" world\"}", 2)]
    [InlineData("{\"prompt\":null}", 0)]
    [InlineData("{\"prompt\":{\"text\":\"hello\"}}", 0)]
    [InlineData("{}", 0)]
    public async Task A_completions_prompt_counts_in_each_form(string body, int expected)
    {
        Assert.Equal(new CountedTokens(expected, true), await CountAsync(body, "completions"));
    }

    [Theory]
    [InlineData("{\"input\":\"hello world\"}", 2)]
    [InlineData("{\"input\":[\"hello world\",\"hello\"]}", 3)]
    [InlineData("{\"input\":[1,2,3]}", 3)]
    [InlineData("{\"input\":[[1],[2,3]]}", 3)]
    [InlineData("{\"input\":true}", 0)]
    public async Task Embeddings_input_counts_in_each_form(string body, int expected)
    {
        Assert.Equal(new CountedTokens(expected, true), await CountAsync(body, "embeddings"));
    }

    [Fact]
    public async Task A_hundred_thousand_tiny_messages_are_counted()
    {
        var messages = string.Join(',', Enumerable.Repeat("{\"role\":\"user\",\"content\":\"a\"}", 100_000));

        Assert.Equal(new CountedTokens(500_003, true), await CountAsync($"{{\"messages\":[{messages}]}}", "chat/completions"));
    }

    [Fact]
    public async Task A_body_with_a_large_image_is_exact_in_its_text()
    {
        var body = $"{{\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"text\",\"text\":\"hello world\"}},{{\"type\":\"image_url\",\"image_url\":{{\"url\":\"data:{new string('A', 4_000_000)}\"}}}}]}}]}}";

        Assert.Equal(new CountedTokens(774, true), await CountAsync(body, "chat/completions"));
    }

    [Fact]
    public async Task A_broken_body_counts_as_far_as_it_can_be_read()
    {
        Assert.Equal(6, (await CountAsync("{\"messages\":[{\"role\":\"user\",\"content\":\"hello world\"},", "chat/completions")).Tokens);
    }

    private ValueTask<CountedTokens> CountAsync(string body, string endpoint) =>
        shared.Prompts.CountPromptAsync(Encoding.UTF8.GetBytes(body), endpoint, "gpt-4o", TestContext.Current.CancellationToken);
}
