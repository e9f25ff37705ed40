using System.ComponentModel.DataAnnotations;

namespace Gateway.Tokens;

/// <summary>What a model costs, in USD; tokens and characters per million, which makes a price the micro-dollars of one.</summary>
public sealed record Price
{
    /// <summary>Dearest price accepted, in USD per million tokens; a typing error beyond it would fill every budget at once.</summary>
    internal const double Dearest = 1_000_000;

    /// <summary>USD per million input tokens. Default 0; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal Input { get; init; }

    /// <summary>USD per million input tokens that came from the provider's cache. Default: as <see cref="Input"/>; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal? CachedInput { get; init; }

    /// <summary>USD per million output tokens. Default 0; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal Output { get; init; }

    /// <summary>USD per million input tokens written to the provider's cache. Default: as <see cref="Input"/>; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal? CacheWrite { get; init; }

    /// <summary>USD per image made. Default 0; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal PerImage { get; init; }

    /// <summary>USD per minute of audio, charged by the second. Default 0; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal PerMinute { get; init; }

    /// <summary>USD per million characters of text. Default 0; 0–1,000,000.</summary>
    [Range(0, Dearest)]
    public decimal PerMillionCharacters { get; init; }

    /// <summary>Prices of calls with long prompts. Default: none.</summary>
    public PriceAbove? Above { get; init; }
}
