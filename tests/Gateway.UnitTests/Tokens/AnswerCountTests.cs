using System.Text;
using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class AnswerCountTests(SharedCounter shared)
{
    [Fact]
    public async Task Deltas_count_as_the_text_they_make_up()
    {
        using var answer = New();
        foreach (var delta in new[] { "hel", "lo", " wor", "ld" })
        {
            answer.Append(0, 0, Encoding.UTF8.GetBytes(delta));
        }

        Assert.Equal(new CountedTokens(2, true), await answer.FinishAsync(Cancel));
    }

    [Fact]
    public async Task Choices_and_channels_are_counted_apart()
    {
        using var answer = New();
        for (var i = 0; i < 4; i++)
        {
            answer.Append(i % 2, i / 2, "hello"u8);
        }

        Assert.Equal(new CountedTokens(4, true), await answer.FinishAsync(Cancel));
    }

    [Fact]
    public async Task An_answer_without_text_has_no_tokens()
    {
        using var answer = New();
        answer.Append(0, 0, []);

        Assert.Equal(new CountedTokens(0, true), await answer.FinishAsync(Cancel));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_long_answer_counted_in_slices_is_its_texts_count(int seed)
    {
        var random = new Random(seed);
        var text = Texts.Random(random, 100_000);
        using var answer = New();
        AppendInPieces(answer, 0, text, random);

        Assert.Equal(new CountedTokens(Whole(text), true), await answer.FinishAsync(Cancel));
    }

    [Fact]
    public async Task Many_choices_share_the_memory_and_still_count_exactly()
    {
        var random = new Random(9);
        using var answer = New();
        long expected = 0;
        for (var choice = 0; choice < AnswerCount.MaxParts; choice++)
        {
            var text = Texts.Random(random, 1500);
            expected += Whole(text);
            AppendInPieces(answer, choice, text, random);
        }

        Assert.Equal(new CountedTokens(expected, true), await answer.FinishAsync(Cancel));
    }

    [Fact]
    public async Task More_choices_than_are_told_apart_are_estimated()
    {
        using var answer = New();
        for (var choice = 0; choice < AnswerCount.MaxParts + 10; choice++)
        {
            answer.Append(choice, 0, "hello"u8);
        }

        Assert.Equal(new CountedTokens(AnswerCount.MaxParts + 10, false), await answer.FinishAsync(Cancel));
    }

    [Fact]
    public async Task An_endless_answer_is_estimated_past_the_exact_size()
    {
        var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("hello world ", 1000)));
        using var answer = New();
        for (var i = 0; i < 2000; i++)
        {
            answer.Append(0, 0, piece);
        }

        var counted = await answer.FinishAsync(Cancel);

        Assert.False(counted.Exact);
        Assert.InRange(counted.Tokens, 3_900_000, 4_100_000);
    }

    [Fact]
    public async Task An_answer_of_one_letter_is_cut_where_it_must_be_and_says_so()
    {
        using var answer = New();
        for (var i = 0; i < 1000; i++)
        {
            answer.Append(0, 0, Encoding.UTF8.GetBytes(new string('a', 1000)));
        }

        Assert.Equal(new CountedTokens(125_000, false), await answer.FinishAsync(Cancel));
    }

    [Fact]
    public void Appending_allocates_nothing_once_the_buffer_has_grown()
    {
        using var answer = New();
        answer.Append(0, 0, new byte[30_000]);
        answer.Append(0, 0, " word"u8);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 500; i++)
        {
            answer.Append(0, 0, " word"u8);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("aé", 3)]
    public void Whole_characters_are_kept_whole(string text, int length)
    {
        Assert.Equal(length, Utf8Text.WholeLength(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void A_character_that_has_only_begun_is_left_for_the_next_slice()
    {
        var emoji = Encoding.UTF8.GetBytes("a😀");

        Assert.Equal([1, 1, 1, 5], Enumerable.Range(2, 4).Select(length => Utf8Text.WholeLength(emoji.AsSpan(0, length))));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Whole(string text) => SharedCounter.Whole("o200k_base", text);

    private static void AppendInPieces(AnswerCount answer, int choice, string text, Random random)
    {
        var utf8 = Encoding.UTF8.GetBytes(text).AsSpan();
        while (!utf8.IsEmpty)
        {
            var length = Math.Min(utf8.Length, random.Next(1, 400));
            answer.Append(choice, 0, utf8[..length]);
            utf8 = utf8[length..];
        }
    }

    private AnswerCount New() => new(shared.Counter, "gpt-4o");
}
