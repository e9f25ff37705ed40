using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class ModelEncodingsTests
{
    [Theory]
    [InlineData("gpt-5-mini", "o200k_base")]
    [InlineData("gpt-4.1-nano", "o200k_base")]
    [InlineData("gpt-4o", "o200k_base")]
    [InlineData("gpt-4o-mini-2024-07-18", "o200k_base")]
    [InlineData("openai/gpt-4o", "o200k_base")]
    [InlineData("ft:gpt-3.5-turbo:org::id", "cl100k_base")]
    [InlineData("chatgpt-4o-latest", "o200k_base")]
    [InlineData("o1-preview", "o200k_base")]
    [InlineData("gpt-oss-120b", "o200k_harmony")]
    [InlineData("openai/gpt-oss-20b", "o200k_harmony")]
    [InlineData("gpt-4", "cl100k_base")]
    [InlineData("gpt-4-turbo", "cl100k_base")]
    [InlineData("GPT-4", "cl100k_base")]
    [InlineData("gpt-35-turbo", "cl100k_base")]
    [InlineData("text-embedding-3-large", "cl100k_base")]
    [InlineData("davinci-002", "cl100k_base")]
    [InlineData("text-davinci-003", "p50k_base")]
    [InlineData("text-davinci-001", "r50k_base")]
    [InlineData("text-davinci-edit-001", "p50k_edit")]
    [InlineData("davinci", "r50k_base")]
    [InlineData("gpt2", "gpt2")]
    [InlineData("claude-sonnet-4", "claude")]
    [InlineData("llama-3.3-70b", "o200k_base")]
    [InlineData("echo", "o200k_base")]
    [InlineData("", "o200k_base")]
    [InlineData("a/", "o200k_base")]
    public void A_model_is_counted_in_its_encoding(string model, string encoding)
    {
        Assert.Equal(encoding, ModelEncodings.For(model).Name);
    }
}
