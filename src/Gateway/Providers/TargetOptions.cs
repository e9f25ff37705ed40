using System.ComponentModel.DataAnnotations;

namespace Gateway.Providers;

/// <summary>A provider that serves a model, and its own name for it: <c>Gateway:Models:N:Targets:M</c>.</summary>
public sealed class TargetOptions
{
    /// <summary>The name of one of <c>Gateway:Providers</c>. Default: none, it must be set.</summary>
    [Required]
    public string? Provider { get; set; }

    /// <summary>The provider's own name for the model. Default: the name that the caller asked for.</summary>
    public string? Model { get; set; }

    /// <summary>Its share of the model's calls, beside the other targets' weights. Default 1; 0 to 1,000. 0 makes it a reserve, called where no other target can be.</summary>
    [Range(0, 1000)]
    public int Weight { get; set; } = 1;
}
