using System.Text;
using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class TokenTallyTests
{
    public static TheoryData<string> KillerTexts =>
    [
        new string('a', 1 << 20),
        new string('A', 1 << 20),
        new string(' ', 1 << 20),
        new string('\n', 1 << 20),
        new string('!', 1 << 20),
        new string('7', 1 << 20),
        new string('中', 1 << 18),
        new string('\u0301', 1 << 18),
        string.Concat(Enumerable.Repeat("😀", 1 << 17)),
        string.Concat(Enumerable.Repeat("!\u0301", 1 << 18)),
        string.Concat(Enumerable.Repeat("abc", 1 << 18)),
        string.Concat(Enumerable.Repeat(new string('a', 1000) + " ", 1000)),
        string.Concat(Enumerable.Repeat("<|endoftext|>", 1 << 16)),
    ];

    [Theory]
    [MemberData(nameof(KillerTexts), DisableDiscoveryEnumeration = true)]
    public void A_megabyte_of_killer_text_costs_no_more_than_the_budget_and_its_length(string text)
    {
        foreach (var vocabulary in new[] { "r50k_base", "cl100k_base", "o200k_base" })
        {
            using var tally = SharedCounter.Tally(vocabulary, TokenLimits.Default, TestContext.Current.CancellationToken);

            tally.AddText(Encoding.UTF8.GetBytes(text));

            // In units of squared bytes; unbounded, one letter would cost 2^40.
            Assert.InRange(tally.Work, 1, TokenLimits.Default.MaxRunWork + (2 * text.Length));
            Assert.InRange(tally.Total.Tokens, 1, Encoding.UTF8.GetByteCount(text));
        }
    }

    [Fact]
    public void One_letter_a_million_times_is_tokenized_only_here_and_there_and_counts_right_though_not_surely()
    {
        using var tally = SharedCounter.Tally("o200k_base", TokenLimits.Default, TestContext.Current.CancellationToken);

        tally.AddText(Encoding.UTF8.GetBytes(new string('a', 1_000_000)));

        Assert.Equal(new CountedTokens(125_000, false), tally.Total);
        Assert.InRange(tally.Work, 1, TokenLimits.Default.MaxRunWork);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(5_000)]
    public void A_long_run_within_the_budget_is_exact(int letters)
    {
        var text = "see " + new string('a', letters);
        using var tally = SharedCounter.Tally("o200k_base", TokenLimits.Default, TestContext.Current.CancellationToken);

        tally.AddText(Encoding.UTF8.GetBytes(text));

        Assert.Equal(new CountedTokens(Whole("o200k_base", text), true), tally.Total);
    }

    [Fact]
    public void Runs_are_found_amid_text_and_what_is_around_them_stays_exact()
    {
        var random = new Random(3);
        foreach (var run in new[] { new string('z', 400), new string(' ', 400), new string('-', 400), new string('ก', 300), new string('\n', 300) })
        {
            var text = Texts.Random(random, 300) + run + Texts.Random(random, 300);
            foreach (var vocabulary in new[] { "r50k_base", "p50k_base", "cl100k_base", "o200k_base", "claude" })
            {
                using var tally = SharedCounter.Tally(vocabulary, TokenLimits.Default, TestContext.Current.CancellationToken);

                tally.AddText(Encoding.UTF8.GetBytes(text));

                Assert.Equal(new CountedTokens(Whole(vocabulary, text), true), tally.Total);
            }
        }
    }

    [Fact]
    public void Escaped_json_counts_as_the_text_it_stands_for()
    {
        const string Json = """Caf\u00e9 \ud83c\udf89 \"quoted\" \\ \/ a\tb\nc \ud800 end""";
        const string Text = "Caf\u00e9 \ud83c\udf89 \"quoted\" \\ / a\tb\nc \ud800 end";
        using var tally = SharedCounter.Tally("o200k_base", TokenLimits.Default, TestContext.Current.CancellationToken);

        tally.AddJsonText(Encoding.UTF8.GetBytes(Json), escaped: true);

        Assert.Equal(new CountedTokens(Whole("o200k_base", Text), true), tally.Total);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(500)]
    public void A_limit_keeps_the_text_of_that_many_tokens(int limit)
    {
        var text = string.Concat(Enumerable.Repeat("The quick brown fox, naïve. ", 300));
        var encoding = SharedCounter.Load("o200k_base");
        using var tally = SharedCounter.Tally("o200k_base", TokenLimits.Default, TestContext.Current.CancellationToken);
        tally.MaxTextTokens = limit;

        tally.AddText(Encoding.UTF8.GetBytes(text));

        var kept = encoding.Decode(encoding.Encode(text).Take(limit));
        Assert.True(tally.IsFull);
        Assert.Equal(limit, tally.Total.Tokens);
        Assert.Equal(kept, text[..(int)tally.KeptChars]);
    }

    private static int Whole(string vocabulary, string text) => SharedCounter.Whole(vocabulary, text);
}
