using Gateway.Storage;
using Xunit;

namespace Gateway.UnitTests.Storage;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("Grüße 👋", "Grüße 👋")]
    [InlineData("a\0b", "a\uFFFDb")]
    public void What_a_database_refuses_is_replaced_and_nothing_else(string text, string expected) => Assert.Equal(expected, SafeText.Of(text));

    [Fact]
    public void Half_a_pair_is_replaced()
    {
        // Not inline data: attributes can't hold it.
        Assert.Equal("\uFFFD", SafeText.Of("\uD83D"));
        Assert.Equal("a\uFFFD\uFFFDb\uD83D\uDC4B", SafeText.Of("a\uDC4B\uD83Db\uD83D\uDC4B"));
    }

    [Fact]
    public void Text_without_fault_is_not_copied()
    {
        var text = new string('a', 10) + "👋";

        Assert.Same(text, SafeText.Of(text));
    }

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc")]
    [InlineData("ab👋", 3, "ab")]
    [InlineData("a👋b", 3, "a👋")]
    public void A_cut_leaves_no_half_of_a_character(string text, int length, string expected) => Assert.Equal(expected, SafeText.Cut(text, length));
}
