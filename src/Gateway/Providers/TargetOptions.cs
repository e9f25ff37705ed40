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
}
