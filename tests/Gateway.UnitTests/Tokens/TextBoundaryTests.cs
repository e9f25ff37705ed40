using System.Text;
using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class TextBoundaryTests
{
    [Theory]
    [InlineData("a b", 1)]
    [InlineData("a  b", 1)]
    [InlineData("a\n", 1)]
    [InlineData("!\n", -1)]
    [InlineData("\n ", -1)]
    [InlineData("\u3000 ", -1)]
    [InlineData("word,", 4)]
    [InlineData("dog's", -1)]
    [InlineData("a1", 1)]
    [InlineData("1a", 1)]
    [InlineData("e\u0301", -1)]
    [InlineData("字𠀀", -1)]
    [InlineData("你好。", 2)]
    [InlineData("你好", -1)]
    [InlineData("", -1)]
    public void The_last_certain_boundary_is_found(string text, int expected)
    {
        Assert.Equal(expected, TextBoundary.LastIn(text));
    }

    [Fact]
    public void Text_cut_at_any_certain_boundary_counts_in_parts_as_whole()
    {
        var random = new Random(7);
        foreach (var vocabulary in new[] { "r50k_base", "p50k_base", "cl100k_base", "o200k_base", "claude" })
        {
            for (var round = 0; round < 150; round++)
            {
                var text = Texts.Random(random, 12);
                var whole = SharedCounter.Whole(vocabulary, text);
                for (var i = 1; i < text.Length; i++)
                {
                    if (TextBoundary.IsCertain(text[i - 1], text[i]))
                    {
                        var parts = SharedCounter.Whole(vocabulary, text.AsSpan(0, i)) + SharedCounter.Whole(vocabulary, text.AsSpan(i));
                        Assert.True(whole == parts, $"{vocabulary}: '{text}' cut at {i} counts {parts}, not {whole}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Text_cut_at_all_its_certain_boundaries_counts_in_parts_as_whole()
    {
        var text = Texts.Random(new Random(11), 20_000);
        const string Vocabulary = "o200k_base";
        int parts = 0, start = 0;
        for (var i = 1; i <= text.Length; i++)
        {
            if (i == text.Length || TextBoundary.IsCertain(text[i - 1], text[i]))
            {
                parts += SharedCounter.Whole(Vocabulary, text.AsSpan(start, i - start));
                start = i;
            }
        }

        Assert.Equal(SharedCounter.Whole(Vocabulary, text), parts);
    }

    [Fact]
    public void Bytes_and_characters_have_the_same_last_boundary()
    {
        var random = new Random(5);
        for (var round = 0; round < 500; round++)
        {
            var text = Texts.Random(random, 6);
            var last = TextBoundary.LastIn(text);

            Assert.Equal(last < 0 ? -1 : Encoding.UTF8.GetByteCount(text.AsSpan(0, last)), TextBoundary.LastIn(Encoding.UTF8.GetBytes(text)));
        }
    }
}
