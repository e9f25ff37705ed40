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

    [Theory]
    [InlineData("a text is one message", "{\"input\":\"hello world\"}", 8)]
    [InlineData("an item: 3 + role + text + 3", "{\"input\":[{\"role\":\"user\",\"content\":\"hello world\"}]}", 9)]
    [InlineData("parts", "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"hello world\"}]}]}", 9)]
    [InlineData("an image", "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"data:AAAA\"}]}]}", 772)]
    [InlineData("an image in low detail", "{\"input\":[{\"role\":\"user\",\"content\":[{\"detail\":\"low\",\"type\":\"input_image\",\"file_id\":\"f\"}]}]}", 92)]
    [InlineData("a call and its output", "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"hello\",\"arguments\":\"hello world\"},{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"hello\"}]}", 13)]
    [InlineData("reasoning: its summary", "{\"input\":[{\"type\":\"reasoning\",\"encrypted_content\":\"hello\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hello world\"}]}]}", 8)]
    [InlineData("instructions", "{\"instructions\":\"hello world\",\"input\":[]}", 8)]
    [InlineData("a tool: its JSON and 12", "{\"input\":[],\"tools\":[{}]}", 16)]
    [InlineData("a schema", "{\"input\":[],\"text\":{\"verbosity\":\"low\",\"format\":{}}}", 4)]
    [InlineData("other fields cost nothing", "{\"input\":[],\"messages\":[{\"role\":\"user\"}],\"prompt\":\"hello\",\"user\":\"hello\"}", 3)]
    [InlineData("odd types cost nothing more", "{\"input\":[null,7,[[1]]],\"text\":\"x\",\"tools\":3}", 12)]
    public async Task A_responses_prompt_counts_by_the_rule(string rule, string body, int expected)
    {
        Assert.NotEmpty(rule);
        foreach (var endpoint in new[] { "responses", "responses/compact", "responses/input_tokens" })
        {
            Assert.Equal(new CountedTokens(expected, true), await CountAsync(body, endpoint));
        }
    }

    [Theory]
    [InlineData("a message: 3 + role + text + 3", "{\"messages\":[{\"role\":\"user\",\"content\":\"hello world\"}]}", 9)]
    [InlineData("blocks", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hello world\",\"cache_control\":{\"type\":\"ephemeral\"}}]}]}", 9)]
    [InlineData("a system prompt", "{\"system\":\"hello world\",\"messages\":[]}", 8)]
    [InlineData("a system prompt in blocks", "{\"system\":[{\"type\":\"text\",\"text\":\"hello world\"}],\"messages\":[]}", 8)]
    [InlineData("an image", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"AAAA\"}}]}]}", 772)]
    [InlineData("a tool's use: its name and its input's JSON", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"hello\",\"input\":{}}]}]}", 9)]
    [InlineData("its result", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"hello world\"}]}]}]}", 9)]
    [InlineData("a tool: its JSON and 12", "{\"messages\":[],\"tools\":[{}]}", 16)]
    public async Task An_anthropic_prompt_counts_by_the_rule(string rule, string body, int expected)
    {
        Assert.NotEmpty(rule);
        Assert.Equal(new CountedTokens(expected, true), await CountAsync(body, "messages"));
    }

    [Theory]
    [InlineData("moderations", "{\"input\":[\"hello world\",\"hello\"]}", 3)]
    [InlineData("images/generations", "{\"prompt\":\"hello world\",\"style\":\"hello\"}", 2)]
    [InlineData("rerank", "{\"input\":\"hello world\",\"prompt\":\"hello\"}", 3)]
    public async Task Other_prompts_count_their_text(string endpoint, string body, int expected) =>
        Assert.Equal(new CountedTokens(expected, true), await CountAsync(body, endpoint));

    [Theory]
    [InlineData("hello", 0)]
    [InlineData("{\"type\":\"input_image\",\"detail\":\"low\"}", 1)]
    [InlineData("{\"type\":\"image\",\"source\":{}}", 1)]
    public void What_is_no_text_is_bounded_by_a_ceiling(string body, int parts) =>
        Assert.Equal(parts * (long)PromptBound.MediaTokens, PromptBound.OfMedia(Encoding.UTF8.GetBytes(body)));

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
