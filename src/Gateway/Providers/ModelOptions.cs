using System.ComponentModel.DataAnnotations;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>One name that callers may ask for: <c>Gateway:Models:N</c>.</summary>
public sealed class ModelOptions
{
    /// <summary>The name, or a pattern in which <c>*</c> stands for anything. An exact name wins over a pattern, a longer pattern over a shorter. Default: none, it must be set.</summary>
    [Required]
    public string? Name { get; set; }

    /// <summary>Who serves it: 1 to 16 targets, of which any may get a call. Default: none, it must be set.</summary>
    [Required]
    public List<TargetOptions> Targets { get; } = [];

    /// <summary>How one of the targets that are well is chosen: <c>weight</c> (in proportion to the weights), <c>least_in_flight</c> (the fewest calls under way for its weight) or <c>affinity</c> (the same one for the same <c>x-session-id</c>, else for the same key, for the sake of the provider's prompt cache). Default <c>weight</c>.</summary>
    [AllowedValues("weight", "least_in_flight", "affinity")]
    public string Balance { get; set; } = "weight";

    /// <summary>The models that take over, in this order, where no target can serve a call: at most 8 names of other models, or <c>provider/model</c>. The key needs to be allowed the asked model only. Default: none.</summary>
    public List<string> Fallbacks { get; } = [];

    /// <summary>The most tokens that the model can write in one answer. Default: unknown; 1 to 10,000,000.</summary>
    [Range(1, 10_000_000)]
    public int? MaxOutputTokens { get; set; }

    /// <summary>What it costs, in USD, all of it: a price that is set takes nothing from the shipped table. Default: the shipped table's, by the provider's name for the model; unknown where that has none.</summary>
    public Price? Price { get; set; }
}
