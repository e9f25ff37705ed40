using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class UsageReaderTests
{
    [Theory]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}""", 11, 7, 4, 2)]
    [InlineData("""{"input_tokens":11,"output_tokens":7,"input_tokens_details":{"cached_tokens":4},"output_tokens_details":{"reasoning_tokens":2}}""", 11, 7, 4, 2)]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":7,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":3}""", 11, 7, 8, 0)]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":7,"prompt_tokens_details":null,"completion_tokens_details":null}""", 11, 7, 0, 0)]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":0}""", 0, 0, 0, 0)]
    [InlineData("""{"prompt_tokens":12.0,"completion_tokens":1e3}""", 12, 1000, 0, 0)]
    [InlineData("""{"prompt_tokens":9007199254740991,"completion_tokens":1}""", 9007199254740991, 1, 0, 0)]
    [InlineData("""{"pr\u006fmpt_tokens":3,"completion_tokens":1,"\ud800":1}""", 3, 1, 0, 0)]
    public void A_usage_is_read_in_each_dialect(string json, long input, long output, long cached, long reasoning)
    {
        var usage = Read(ApiEndpoint.ChatCompletions, json);

        Assert.Equal(new TokenUsage(input, output, cached, reasoning), usage.Usage);
        Assert.False(usage.IgnoredInvalid);
    }

    [Fact]
    public void Reasoning_that_the_total_counts_beside_the_completion_is_added_to_it()
    {
        var usage = Read(ApiEndpoint.ChatCompletions, """{"prompt_tokens":10,"completion_tokens":2,"total_tokens":312,"completion_tokens_details":{"reasoning_tokens":300}}""");

        Assert.Equal(new TokenUsage(10, 302, 0, 300), usage.Usage);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":8,"total_tokens":8}""")]
    [InlineData("""{"prompt_tokens":8}""")]
    [InlineData("""{"total_tokens":8}""")]
    public void Embeddings_have_no_completion(string json) =>
        Assert.Equal(new TokenUsage(8, 0, 0, 0), Read(ApiEndpoint.Embeddings, json).Usage);

    [Theory]
    [InlineData("""{"prompt_tokens":8,"total_tokens":11}""", 3)]
    [InlineData("""{"prompt_tokens":8,"total_tokens":8,"completion_tokens":null}""", 0)]
    public void A_completion_left_out_is_the_rest_of_the_total(string json, long output) =>
        Assert.Equal(new TokenUsage(8, output, 0, 0), Read(ApiEndpoint.ChatCompletions, json).Usage);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"prompt_tokens":8}""")]
    [InlineData("""{"type":"duration","seconds":2}""")]
    public void A_report_without_the_figures_is_none(string json)
    {
        var usage = Read(ApiEndpoint.ChatCompletions, json);

        Assert.Null(usage.Usage);
        Assert.False(usage.IgnoredInvalid);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":-1,"completion_tokens":7}""")]
    [InlineData("""{"prompt_tokens":1.5,"completion_tokens":7}""")]
    [InlineData("""{"prompt_tokens":1e30,"completion_tokens":7}""")]
    [InlineData("""{"prompt_tokens":9007199254740992,"completion_tokens":7}""")]
    [InlineData("""{"prompt_tokens":99999999999999999999999999,"completion_tokens":7}""")]
    [InlineData("""{"prompt_tokens":"5","completion_tokens":7}""")]
    [InlineData("""{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":-4}}""")]
    [InlineData("""{"prompt_tokens":5,"completion_tokens":[7]}""")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("""{"prompt_tokens":5,"completion_tokens":7""")]
    public void A_report_that_cannot_be_is_ignored_and_told(string json)
    {
        var usage = Read(ApiEndpoint.ChatCompletions, """{"prompt_tokens":1,"completion_tokens":1}""", json);

        Assert.Equal(new TokenUsage(1, 1, 0, 0), usage.Usage);
        Assert.True(usage.IgnoredInvalid);
    }

    [Fact]
    public void Of_running_totals_the_last_one_counts()
    {
        var usage = Read(ApiEndpoint.ChatCompletions, """{"prompt_tokens":9,"completion_tokens":5}""", """{"prompt_tokens":9,"completion_tokens":6}""", "null");

        Assert.Equal(new TokenUsage(9, 6, 0, 0), usage.Usage);
    }

    [Fact]
    public void A_part_is_never_more_than_its_whole() =>
        Assert.Equal(
            new TokenUsage(5, 7, 5, 7),
            Read(ApiEndpoint.ChatCompletions, """{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":8}}""").Usage);

    private static UsageReader Read(ApiEndpoint endpoint, params string[] reports)
    {
        var usage = new UsageReader(endpoint);
        foreach (var report in reports)
        {
            usage.Read(Encoding.UTF8.GetBytes(report));
        }

        return usage;
    }
}
