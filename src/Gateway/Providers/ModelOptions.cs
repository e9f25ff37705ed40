using System.ComponentModel.DataAnnotations;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>One name that callers may ask for: <c>Gateway:Models:N</c>.</summary>
public sealed class ModelOptions
{
    /// <summary>The name, or a pattern in which <c>*</c> stands for anything. An exact name wins over a pattern, a longer pattern over a shorter. Default: none, it must be set.</summary>
    [Required]
    public string? Name { get; set; }

    /// <summary>Who serves it: exactly one target so far. Default: none, it must be set.</summary>
    [Required]
    public List<TargetOptions> Targets { get; } = [];

    /// <summary>The most tokens that the model can write in one answer. Default: unknown; 1 to 10,000,000.</summary>
    [Range(1, 10_000_000)]
    public int? MaxOutputTokens { get; set; }

    /// <summary>What it costs, in USD, all of it: a price that is set takes nothing from the shipped table. Default: the shipped table's, by the provider's name for the model; unknown where that has none.</summary>
    public Price? Price { get; set; }
}
