using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>How much of a text the request's output cap lets through: its UTF-16 units, its tokens, and whether that is less than all.</summary>
internal readonly record struct EchoMeasure(long Units, long Tokens, bool IsCut)
{
    public static readonly EchoMeasure Uncut = new(long.MaxValue, 0, false);

    public static async ValueTask<EchoMeasure> TakeAsync(
        TokenCounter counter, TokenEncoding encoding, ReadOnlyMemory<byte> body, IReadOnlyList<EchoSegment> text, long? maxTokens, CancellationToken cancel)
    {
        var (keptUnits, isFull) = (0L, false);
        var counted = await counter.CountAsync(
            encoding,
            text.Sum(segment => (long)segment.Length),
            tally =>
            {
                tally.MaxTextTokens = maxTokens ?? long.MaxValue;
                foreach (var segment in text)
                {
                    tally.AppendJson(body.Span.Slice(segment.Start, segment.Length), segment.Escaped);
                }

                tally.EndText();
                (keptUnits, isFull) = (tally.KeptChars, tally.IsFull);
            },
            cancel);
        if (isFull)
        {
            return new EchoMeasure(keptUnits, counted.Tokens, true);
        }

        // The count was an estimate, so the cut is one too.
        return maxTokens < counted.Tokens
            ? new EchoMeasure(maxTokens.Value * counter.Limits.EstimatedBytesPerToken, maxTokens.Value, true)
            : new EchoMeasure(long.MaxValue, counted.Tokens, false);
    }
}
