using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class JsonFieldScannerTests
{
    [Theory]
    [InlineData("""{"choices":[],"usage":{}}""", true)]
    [InlineData(""" { "usage" : { "a" : [ "}" , { } ] } , "choices" : [ ] } """, true)]
    [InlineData("""{"\u0063hoices":[],"usag\u0065":{}}""", true)]
    [InlineData("""{"choices":[],"usage":{},"error":null,"x":{"choices":[1],"usage":null}}""", true)]
    [InlineData("""{"choices":[1],"usage":{}}""", false)]
    [InlineData("""{"choices":[1],"choices":[],"usage":{}}""", false)]
    [InlineData("""{"choices":null,"usage":{}}""", false)]
    [InlineData("""{"choices":[],"usage":null}""", false)]
    [InlineData("""{"choices":[]}""", false)]
    [InlineData("""{"usage":{}}""", false)]
    [InlineData("""{"choices":[],"usage":{},"error":{}}""", false)]
    [InlineData("""{"choices":[],"usage":{}} x""", false)]
    [InlineData("""[{"choices":[],"usage":{}}]""", false)]
    public void It_tells_whether_an_object_may_be_the_usage_chunk(string json, bool expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var scanner = new JsonFieldScanner(UsagePaths.Default, usage: null);
            scanner.Read(bytes.AsSpan(0, cut));
            Assert.True(scanner.CouldBeUsageOnly || !expected);
            scanner.Read(bytes.AsSpan(cut));
            Assert.Equal(expected, scanner.CouldBeUsageOnly);
        }
    }

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":1,"completion_tokens":2}}""", true)]
    [InlineData("""{"a":"\"usage\":{","b":[{"usage":{"prompt_tokens":9,"completion_tokens":9}}],"c":-1.5e3,"d":true,"usage":{"prompt_tokens":1,"completion_tokens":2},"e":null}""", true)]
    [InlineData("""{"usage":null,"response":{"id":"\\","usage":{"prompt_tokens":1,"completion_tokens":2}}}""", true)]
    [InlineData("""{"response":[{"usage":{"prompt_tokens":1,"completion_tokens":2}}]}""", false)]
    [InlineData("""{"response":"usage","usages":{"prompt_tokens":1,"completion_tokens":2}}""", false)]
    [InlineData("""{"usage":{"prompt_tokens":1,"completion_tokens":2}""", true)]
    [InlineData("""{"usage":{"prompt_tokens":1,"completion_tokens":2""", false)]
    public void Usage_is_captured_at_its_paths_only(string json, bool found)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var usage = new UsageReader(ApiEndpoint.ChatCompletions);
            using var scanner = new JsonFieldScanner(new UsagePaths(["response.usage"]), usage);
            foreach (var chunk in bytes.Chunk(size))
            {
                scanner.Read(chunk);
            }

            Assert.Equal(found ? new TokenUsage(1, 2, 0, 0) : null, usage.Usage);
            Assert.False(usage.IgnoredInvalid);
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void A_usage_too_large_to_be_one_is_ignored_and_told(int chunkSize)
    {
        var usage = new UsageReader(ApiEndpoint.ChatCompletions);
        using var scanner = new JsonFieldScanner(UsagePaths.Default, usage);
        foreach (var chunk in Encoding.UTF8.GetBytes($"{{\"usage\":{{\"prompt_tokens\":1,\"completion_tokens\":2,\"note\":\"{new string('x', 70_000)}\"}}}}").Chunk(chunkSize))
        {
            scanner.Read(chunk);
        }

        Assert.Null(usage.Usage);
        Assert.True(usage.IgnoredInvalid);
        Assert.True(scanner.IsComplete);
    }
}
