using System.Text;
using Gateway.Tokens;
using SharpToken;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class TokenCounterTests(SharedCounter shared)
{
    // The figures are those of OpenAI's tiktoken (checked with its JavaScript port, js-tiktoken).
    [Theory]
    [InlineData("hello world", 2, 2, 2, 2)]
    [InlineData("tiktoken is great!", 6, 6, 6, 6)]
    [InlineData("antidisestablishmentarianism", 5, 5, 6, 6)]
    [InlineData("2 + 2 = 4", 5, 5, 7, 7)]
    [InlineData("お誕生日おめでとう", 14, 14, 9, 8)]
    [InlineData("<|endoftext|>", 7, 7, 7, 7)]
    [InlineData("The quick brown fox\n\n  jumps over\tthe lazy dog's back.", 15, 15, 14, 13)]
    [InlineData("if (x == 10) {\r\n\treturn \"naïve\";\r\n}\n", 19, 19, 15, 15)]
    [InlineData("Привет, как дела? Всё хорошо.", 33, 33, 17, 9)]
    [InlineData("สวัสดีครับ ผมชื่อเอ", 37, 37, 17, 9)]
    [InlineData("👩‍👩‍👧‍👦 emoji 🎉🎉", 21, 21, 25, 16)]
    [InlineData("", 0, 0, 0, 0)]
    public async Task Texts_count_as_tiktoken_counts_them(string text, int gpt2, int p50k, int cl100k, int o200k)
    {
        var counts = new List<CountedTokens>();
        foreach (var encoding in new[] { TokenEncodings.Gpt2, TokenEncodings.P50kBase, TokenEncodings.Cl100kBase, TokenEncodings.O200kBase })
        {
            counts.Add(await CountAsync(text, encoding));
        }

        Assert.Equal([new(gpt2, true), new(p50k, true), new(cl100k, true), new(o200k, true)], counts);
    }

    [Fact]
    public async Task Every_accepted_encoding_counts()
    {
        foreach (var encoding in TokenEncodings.All)
        {
            Assert.Equal(new CountedTokens(2, true), await CountAsync("hello world", encoding));
        }
    }

    [Fact]
    public async Task Special_tokens_of_every_encoding_are_text()
    {
        const string Specials = "<|endoftext|><|fim_prefix|><|endofprompt|><|start|><|im_start|><EOT>";

        foreach (var encoding in TokenEncodings.All)
        {
            var counted = await CountAsync(Specials, encoding);
            Assert.True(counted.Exact);
            Assert.InRange(counted.Tokens, 7, Specials.Length);
        }
    }

    [Fact]
    public async Task What_is_no_valid_utf8_counts_as_replacement_characters()
    {
        byte[] broken = [(byte)'a', 0xED, 0xA0, 0x80, (byte)'b', 0xFF, 0xE4, 0xBD];

        var counted = await shared.Counter.CountAsync(broken, TokenEncodings.O200kBase, Cancel);

        Assert.Equal(await CountAsync(Encoding.UTF8.GetString(broken), TokenEncodings.O200kBase), counted);
    }

    [Fact]
    public async Task A_large_text_counts_in_slices_as_it_counts_whole()
    {
        var text = Texts.Random(new Random(1), 60_000);
        var whole = SharedCounter.Whole("o200k_base", text);

        Assert.Equal(new CountedTokens(whole, true), await CountAsync(text, TokenEncodings.O200kBase));
    }

    [Fact]
    public async Task Text_past_the_exact_size_is_estimated_at_the_rate_of_what_was_counted()
    {
        var text = string.Concat(Enumerable.Repeat("hello world. ", 200_000));

        var counted = await CountAsync(text, TokenEncodings.O200kBase);

        Assert.False(counted.Exact);
        Assert.InRange(counted.Tokens, 590_000, 610_000);
    }

    [Fact]
    public void Nothing_is_loaded_before_the_first_count()
    {
        var loads = 0;
        using var counter = new TokenCounter(TokenLimits.Default, name => Load(name, ref loads));

        Assert.Equal(0, loads);
    }

    [Fact]
    public async Task An_encoding_is_loaded_once_however_many_ask_at_once()
    {
        var loads = 0;
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 4 }, name => Load(name, ref loads));
        counter.Prepare(TokenEncodings.R50kBase);

        var counts = Enumerable.Range(0, 64).Select(i => counter.CountAsync(
            "hello world"u8.ToArray(), i % 2 == 0 ? TokenEncodings.Gpt2 : TokenEncodings.R50kBase, Cancel).AsTask());

        Assert.All(await Task.WhenAll(counts), counted => Assert.Equal(2, counted.Tokens));
        Assert.Equal(1, loads);
    }

    [Fact]
    public async Task Above_the_waiting_cap_a_count_is_estimated_at_once_and_says_so()
    {
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 1, MaxWaitingCounts = 1 }, SharedCounter.Load);
        using var busy = await BusyWorker.TakeAsync(counter, Cancel);
        var waiting = counter.CountAsync("hello world"u8.ToArray(), TokenEncodings.Gpt2, Cancel).AsTask();

        var refused = counter.CountAsync("hello world"u8.ToArray(), TokenEncodings.Gpt2, Cancel);

        Assert.True(refused.IsCompleted);
        Assert.Equal(new CountedTokens(4, false), await refused);
        busy.Release();
        Assert.Equal(new CountedTokens(2, true), await waiting);
    }

    [Fact]
    public async Task Bytes_that_wait_are_capped_too_and_freed_when_counted()
    {
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 1, MaxWaitingBytes = 20 }, SharedCounter.Load);
        using var busy = await BusyWorker.TakeAsync(counter, Cancel);
        var waiting = counter.CountAsync("hello world"u8.ToArray(), TokenEncodings.Gpt2, Cancel).AsTask();

        Assert.False((await counter.CountAsync("hello world"u8.ToArray(), TokenEncodings.Gpt2, Cancel)).Exact);
        busy.Release();
        await waiting;
        Assert.True((await counter.CountAsync("hello world"u8.ToArray(), TokenEncodings.Gpt2, Cancel)).Exact);
    }

    [Fact]
    public async Task A_count_cancelled_while_it_waits_ends_at_once_and_never_reads_its_text()
    {
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 1 }, SharedCounter.Load);
        using var busy = await BusyWorker.TakeAsync(counter, Cancel);
        using var abort = new CancellationTokenSource();
        var read = false;
        var waiting = counter.CountAsync(TokenEncodings.Gpt2, 1, _ => read = true, abort.Token).AsTask();

        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        busy.Release();
        await counter.CountAsync("x"u8.ToArray(), TokenEncodings.Gpt2, Cancel);
        Assert.False(read);
    }

    [Fact]
    public async Task A_count_cancelled_while_it_runs_stops_between_slices()
    {
        using var abort = new CancellationTokenSource();
        var slice = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("hello world ", 10_000)));

        var counting = shared.Counter.CountAsync(
            TokenEncodings.O200kBase,
            1,
            tally =>
            {
                abort.Cancel();
                tally.AddText(slice);
            },
            abort.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => counting.AsTask());
    }

    [Fact]
    public async Task A_failing_count_fails_its_caller_and_not_the_worker()
    {
        using var counter = new TokenCounter(TokenLimits.Default with { Workers = 1 }, SharedCounter.Load);

        await Assert.ThrowsAsync<InvalidDataException>(() =>
            counter.CountAsync(TokenEncodings.Gpt2, 1, _ => throw new InvalidDataException(), Cancel).AsTask());

        Assert.Equal(2, (await counter.CountAsync("hello world"u8.ToArray(), TokenEncodings.Gpt2, Cancel)).Tokens);
    }

    [Fact]
    public async Task After_the_counter_stopped_counts_are_estimates()
    {
        var counter = new TokenCounter(TokenLimits.Default, SharedCounter.Load);
        counter.Dispose();

        Assert.Equal(new CountedTokens(1, false), await counter.CountAsync("abc"u8.ToArray(), TokenEncodings.Gpt2, Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static GptEncoding Load(string name, ref int loads)
    {
        Interlocked.Increment(ref loads);
        return SharedCounter.Load(name);
    }

    private ValueTask<CountedTokens> CountAsync(string text, TokenEncoding encoding) =>
        shared.Counter.CountAsync(Encoding.UTF8.GetBytes(text), encoding, Cancel);
}
