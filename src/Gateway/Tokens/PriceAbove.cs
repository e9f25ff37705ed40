using System.ComponentModel.DataAnnotations;

namespace Gateway.Tokens;

/// <summary>Prices of a call whose prompt is longer than <see cref="Tokens"/>, for all of its tokens. What is left out keeps its price.</summary>
public sealed record PriceAbove
{
    /// <summary>The longest prompt, in tokens, that still costs the usual prices. No default; 1–1,000,000,000.</summary>
    [Required]
    [Range(1, 1_000_000_000)]
    public long Tokens { get; init; }

    /// <summary>USD per million input tokens. Default: the usual price; 0–1,000,000.</summary>
    [Range(0, Price.Dearest)]
    public decimal? Input { get; init; }

    /// <summary>USD per million cached input tokens. Default: the usual price; 0–1,000,000.</summary>
    [Range(0, Price.Dearest)]
    public decimal? CachedInput { get; init; }

    /// <summary>USD per million output tokens. Default: the usual price; 0–1,000,000.</summary>
    [Range(0, Price.Dearest)]
    public decimal? Output { get; init; }

    /// <summary>USD per million input tokens written to the cache. Default: the usual price; 0–1,000,000.</summary>
    [Range(0, Price.Dearest)]
    public decimal? CacheWrite { get; init; }
}
