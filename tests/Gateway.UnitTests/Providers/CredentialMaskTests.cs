using System.Text;
using Gateway.Providers;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class CredentialMaskTests
{
    private const string Key = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
    private const string PlainKey = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

    [Theory]
    [InlineData(Key, $"Incorrect API key provided: {Key}. You can find it", "Incorrect API key provided: ***. You can find it")]
    [InlineData(Key, "Incorrect API key provided: sk-proj-********6789. You can", "Incorrect API key provided: ***. You can")]
    [InlineData(Key, "key sk-abc***wxyz is wrong", "key *** is wrong")]
    [InlineData(Key, "key sk-...6789 is wrong", "key *** is wrong")]
    [InlineData(Key, "piece EfGhIjKlMnOp!", "piece ***!")]
    [InlineData(Key, "{\"a\":\"sk-proj-AbCdEfGhIjKl***6789\"}", "{\"a\":\"***\"}")]
    [InlineData(Key, "someone else's sk-ant-0123456789abcdefghij here", "someone else's *** here")]
    [InlineData(PlainKey, $"api-key={PlainKey}&x=1", "api-key=***&x=1")]
    [InlineData(PlainKey, "0a1b****************e8f9", "***")]
    [InlineData(PlainKey, "prefix-3d4e5f607182-suffix", "prefix-***-suffix")]
    [InlineData("hunter2", "password hunter2!", "password ***!")]
    [InlineData("key+with/odd=chars==0123", "got key+with/odd=chars==0123", "got ***")]
    public void A_credential_is_taken_out_whole_in_pieces_and_shortened(string key, string text, string expected) =>
        Assert.Equal(expected, Apply(key, text));

    [Theory]
    [InlineData("The model `gpt-4o` does not exist... try **another** one, task-force sk-1")]
    [InlineData("{\"error\":{\"message\":\"none\",\"type\":null,\"param\":null}}")]
    [InlineData("EfGhIjKlMnO is one letter short of a piece")]
    [InlineData("")]
    public void Text_without_a_credential_comes_back_as_the_same_memory(string text)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(text);

        ReadOnlyMemory<byte> masked = new CredentialMask([Key, "none", ""]).Apply(bytes);

        Assert.True(bytes.Equals(masked));
    }

    [Fact]
    public void No_piece_of_twelve_letters_ever_passes()
    {
        for (int start = 0; start + 12 <= PlainKey.Length; start++)
        {
            for (int end = start + 12; end <= PlainKey.Length; end++)
            {
                Assert.Equal("<***>", Apply(PlainKey, $"<{PlainKey[start..end]}>"));
            }
        }
    }

    private static string Apply(string key, string text) => Encoding.UTF8.GetString(new CredentialMask([key]).Apply(Encoding.UTF8.GetBytes(text)).Span);
}
