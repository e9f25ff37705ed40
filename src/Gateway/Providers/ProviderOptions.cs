using System.ComponentModel.DataAnnotations;

namespace Gateway.Providers;

/// <summary>One upstream service: <c>Gateway:Providers:NAME</c>.</summary>
public sealed class ProviderOptions
{
    /// <summary>Which API it speaks. Default and only choice so far: <c>openai</c>.</summary>
    [AllowedValues("openai", ErrorMessage = "is not available in this version")]
    public string Kind { get; set; } = "openai";

    /// <summary>Where its API begins, such as <c>https://api.openai.com/v1</c>: absolute, http or https, without user, query or fragment. Default: none, it must be set.</summary>
    [Required]
    public string? BaseUrl { get; set; }

    /// <summary>The gateway's own credential there. Default: none. It is never shown, logged or sent to a caller.</summary>
    [DataType(DataType.Password)]
    public string? ApiKey { get; set; }

    /// <summary>Headers to send, by name; <c>{key}</c> in a value stands for <see cref="ApiKey"/>. They replace the caller's of the same name. Default: none.</summary>
    [DataType(DataType.Password)]
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Query parameters to send, by name; <c>{key}</c> in a value stands for <see cref="ApiKey"/>. They replace the caller's of the same name. Default: none.</summary>
    [DataType(DataType.Password)]
    public Dictionary<string, string> Query { get; } = new(StringComparer.Ordinal);

    /// <summary>How <see cref="ApiKey"/> is sent: <c>bearer</c> (as <c>Authorization: Bearer</c>) or <c>none</c>. Default: <c>bearer</c> where a key is set and no header or query value holds <c>{key}</c>.</summary>
    [DataType(DataType.Password)] // Where some put the credential itself.
    [AllowedValues(null, "bearer", "none")]
    public string? Auth { get; set; }

    /// <summary>The calls it speaks, such as <c>chat/completions</c>. Default: every call that its kind knows.</summary>
    public List<string> Endpoints { get; } = [];

    /// <summary>Whether the gateway may ask for usage in streamed calls by <c>stream_options.include_usage</c>. Default true; false for providers that refuse the field or report usage unasked.</summary>
    public bool InjectUsage { get; set; } = true;

    /// <summary>Where else than in <c>usage</c> its answers report usage: field names joined by dots, such as <c>x_groq.usage</c>. Default: none.</summary>
    [RegularExpression("[^.]+([.][^.]+)*", ErrorMessage = "field names joined by dots are accepted, such as x_groq.usage")]
    public string? UsagePath { get; set; }

    /// <summary>Top-level fields of a request that it does not bear and that are left out. Default: none.</summary>
    public List<string> StripFields { get; } = [];

    /// <summary>Whether the body's <c>model</c> becomes the provider's own name for it. Default true.</summary>
    public bool RewriteModel { get; set; } = true;

    /// <summary>The path below <see cref="BaseUrl"/> that lists its models. Default <c>models</c>.</summary>
    public string ModelsPath { get; set; } = "models";

    /// <summary>A path below <see cref="BaseUrl"/> that is asked once at the start, so that a provider that is not well is told at once. Default: none.</summary>
    public string? HealthPath { get; set; }

    /// <summary>The field in which it takes a cap on the answer's tokens, used where a hard limit caps a call and the caller named none. Default <c>max_completion_tokens</c>, as OpenAI has it.</summary>
    [AllowedValues("max_completion_tokens", "max_tokens", "max_output_tokens")]
    public string OutputCapField { get; set; } = "max_completion_tokens";
}
