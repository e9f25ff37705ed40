using System.ComponentModel.DataAnnotations;

namespace Gateway.Hosting;

/// <summary>Whether prompts and answers are kept: <c>Gateway:PromptLog</c>.</summary>
public sealed class PromptLogOptions
{
    /// <summary>Default and only choice so far: false, nothing of a prompt or an answer is kept.</summary>
    [AllowedValues(false, ErrorMessage = "is not available in this version")]
    public bool Enabled { get; set; }
}
