namespace Gateway.OpenAi;

/// <summary>What a call used, in tokens, as its provider reported it. Cached tokens are part of the input, reasoning tokens part of the output.</summary>
internal readonly record struct TokenUsage(long InputTokens, long OutputTokens, long CachedTokens, long ReasoningTokens)
{
    /// <summary>Of the input, what was written to the provider's cache.</summary>
    public long CacheWriteTokens { get; init; }
}
