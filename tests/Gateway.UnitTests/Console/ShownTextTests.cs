using Gateway.Console.Words;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class ShownTextTests
{
    [Theory]
    [InlineData("plain\nlines\tand ünïcode", "plain\nlines\tand ünïcode")]
    [InlineData("a\u202Eb", "a[U+202E]b")]
    [InlineData("\u001B[31mred", "[ESC][31mred")]
    [InlineData("zero\u200Bwidth\uFEFF", "zero[U+200B]width[U+FEFF]")]
    [InlineData("bell\u0007 nul\0", "bell[U+0007] nul[U+0000]")]
    [InlineData("c1 \u009B", "c1 [U+009B]")]
    [InlineData("a\rb\r\nc", "a[U+000D]b\r\nc")]
    [InlineData("\u2066isolate\u2069", "[U+2066]isolate[U+2069]")]
    [InlineData("family 👨\u200D👩\u200D👧 stays", "family 👨\u200D👩\u200D👧 stays")]
    [InlineData("", "")]
    public void What_hides_or_turns_text_is_named(string text, string shown) =>
        Assert.Equal(shown, string.Concat(ShownText.Runs(text).Select(run => run.IsSign ? $"[{run.Text}]" : run.Text)));

    [Fact]
    public void Half_a_pair_is_named() => Assert.Equal("x[U+D83D]", ShownText.OneLine("x\uD83D"));

    [Fact]
    public void One_line_is_one_line() => Assert.Equal("a b", ShownText.OneLine("a\nb"));
}
