namespace Gateway.Tokens;

/// <summary>What calls cost, in micro-dollars: a price per million tokens is the micro-dollars of one. Rounded up once per call.</summary>
internal static class PriceTable
{
    private const decimal MicrosPerDollar = 1_000_000;

    /// <summary>Beyond this a cost is no cost any more; also what counters can hold.</summary>
    private const decimal MostMicros = (1L << 53) - 1;

    public static long Cost(Price price, BilledUse use)
    {
        var above = price.Above is { } tier && use.InputTokens > tier.Tokens ? tier : null;
        return RoundUp(TokenMicros(price, above, use) + OtherMicros(price, use));
    }

    /// <summary>
    /// The most that a call can cost whose prompt and answer are at most this long: all input at the dearest of its prices,
    /// and the tier above where the prompt may reach it, unless the usual prices are dearer.
    /// </summary>
    public static long UpperBound(Price price, BilledUse bound)
    {
        var tokens = DearestTokenMicros(price, null, bound);
        if (price.Above is { } tier && bound.InputTokens > tier.Tokens)
        {
            tokens = Math.Max(tokens, DearestTokenMicros(price, tier, bound));
        }

        return RoundUp(tokens + OtherMicros(price, bound));
    }

    private static decimal TokenMicros(Price price, PriceAbove? above, BilledUse use)
    {
        // Providers have been seen to report more cached than input tokens; the input is what is billed.
        var cached = Math.Clamp(use.CachedTokens, 0, use.InputTokens);
        var written = Math.Clamp(use.CacheWriteTokens, 0, use.InputTokens - cached);
        return ((use.InputTokens - cached - written) * Input(price, above))
            + (cached * CachedInput(price, above))
            + (written * CacheWrite(price, above))
            + (use.OutputTokens * (above?.Output ?? price.Output));
    }

    private static decimal DearestTokenMicros(Price price, PriceAbove? above, BilledUse bound) =>
        (bound.InputTokens * Math.Max(Input(price, above), Math.Max(CachedInput(price, above), CacheWrite(price, above))))
        + (bound.OutputTokens * (above?.Output ?? price.Output));

    private static decimal OtherMicros(Price price, BilledUse use) =>
        (use.Images * price.PerImage * MicrosPerDollar)
        + (use.Audio.Ticks * price.PerMinute * MicrosPerDollar / TimeSpan.TicksPerMinute)
        + (use.Characters * price.PerMillionCharacters);

    private static decimal Input(Price price, PriceAbove? above) => above?.Input ?? price.Input;

    /// <summary>Where no cached price is set, cached input costs what input costs: at the tier above, then, what that tier's input costs.</summary>
    private static decimal CachedInput(Price price, PriceAbove? above) => above?.CachedInput ?? price.CachedInput ?? Input(price, above);

    private static decimal CacheWrite(Price price, PriceAbove? above) => above?.CacheWrite ?? price.CacheWrite ?? Input(price, above);

    private static long RoundUp(decimal micros) => (long)Math.Min(MostMicros, Math.Ceiling(micros));
}
