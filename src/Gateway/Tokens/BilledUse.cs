namespace Gateway.Tokens;

/// <summary>All that a call can be billed for.</summary>
/// <param name="InputTokens">Prompt, cached and newly cached parts included.</param>
/// <param name="CachedTokens">Of the input, what came from the provider's cache.</param>
/// <param name="CacheWriteTokens">Of the input, what was written to it.</param>
/// <param name="OutputTokens">Answer, reasoning included.</param>
internal readonly record struct BilledUse(long InputTokens, long CachedTokens, long CacheWriteTokens, long OutputTokens)
{
    public int Images { get; init; }

    public TimeSpan Audio { get; init; }

    public long Characters { get; init; }
}
