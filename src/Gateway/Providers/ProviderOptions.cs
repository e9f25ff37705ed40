using System.ComponentModel.DataAnnotations;

namespace Gateway.Providers;

/// <summary>One upstream service: <c>Gateway:Providers:NAME</c>.</summary>
public sealed class ProviderOptions
{
    /// <summary>Which API it speaks: <c>openai</c>, <c>azure</c> or <c>anthropic</c>. Default <c>openai</c>.</summary>
    [AllowedValues(ProviderKind.OpenAiName, ProviderKind.AzureName, ProviderKind.AnthropicName)]
    public string Kind { get; set; } = ProviderKind.OpenAiName;

    /// <summary>Where its API begins, such as <c>https://api.openai.com/v1</c>: absolute, http or https, without user, query or fragment; its path is the prefix of every call. Default: none, it must be set.</summary>
    [Required]
    public string? BaseUrl { get; set; }

    /// <summary>Azure's version of its API, such as <c>2024-10-21</c>: then deployments stand in the path. Default: none, for <c>/openai/v1</c>, which needs none.</summary>
    [RegularExpression("[0-9A-Za-z][0-9A-Za-z.-]{0,63}", ErrorMessage = "a version such as 2024-10-21 is accepted")]
    public string? ApiVersion { get; set; }

    /// <summary>
    /// The gateway's own credential there: itself, <c>env:NAME</c> for an environment variable's value, or <c>file:PATH</c> for a file's content,
    /// which is read again when it changes. Default: none. It is never shown, logged or sent to a caller.
    /// </summary>
    [DataType(DataType.Password)]
    public string? ApiKey { get; set; }

    /// <summary>Further credentials, each as <see cref="ApiKey"/>. Calls take them in turn; one that is refused (401, 402, 429) is left out for a while and its call goes on with the next. Default: none.</summary>
    [DataType(DataType.Password)]
    public List<string> ApiKeys { get; } = [];

    /// <summary>Headers to send, by name; <c>{key}</c> in a value stands for the credential. They replace the caller's of the same name. Default: none.</summary>
    [DataType(DataType.Password)]
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Query parameters to send, by name; <c>{key}</c> in a value stands for the credential. They replace the caller's of the same name. Default: none.</summary>
    [DataType(DataType.Password)]
    public Dictionary<string, string> Query { get; } = new(StringComparer.Ordinal);

    /// <summary>How the credential is sent: <c>bearer</c> (as <c>Authorization: Bearer</c>) or <c>none</c>. Default: as its kind has it (bearer, <c>api-key</c>, <c>x-api-key</c>), unless a header or query value holds <c>{key}</c>.</summary>
    [DataType(DataType.Password)] // Where some put the credential itself.
    [AllowedValues(null, "bearer", "none")]
    public string? Auth { get; set; }

    /// <summary>The calls it speaks, such as <c>chat/completions</c>. Default: those that its kind, or a provider known by its host, speaks.</summary>
    public List<string> Endpoints { get; } = [];

    /// <summary>Whether it makes responses over a WebSocket too, where it speaks <c>responses</c>. Default false, but for OpenAI and xAI, known by their hosts.</summary>
    public bool? ResponsesWebSocket { get; set; }

    /// <summary>Whether the gateway may ask for usage in streamed calls by <c>stream_options.include_usage</c>. Default true, but for providers known to refuse the field.</summary>
    public bool? InjectUsage { get; set; }

    /// <summary>Where else than in <c>usage</c> its answers report usage: field names joined by dots, such as <c>x_groq.usage</c>. Default: none, but for providers known by their host.</summary>
    [RegularExpression("[^.]+([.][^.]+)*", ErrorMessage = "field names joined by dots are accepted, such as x_groq.usage")]
    public string? UsagePath { get; set; }

    /// <summary>Top-level fields of a request that it does not bear and that are left out. Default: none.</summary>
    public List<string> StripFields { get; } = [];

    /// <summary>Whether the body's <c>model</c> becomes the provider's own name for it. Default true.</summary>
    public bool RewriteModel { get; set; } = true;

    /// <summary>The path that lists its models, below <see cref="BaseUrl"/>, or from the host where it begins with a slash. Default <c>models</c>; none for Azure, which does not list deployments.</summary>
    public string? ModelsPath { get; set; }

    /// <summary>A path that is asked once at the start, so that a provider that is not well is told at once: below <see cref="BaseUrl"/>, or from the host where it begins with a slash. Default: none.</summary>
    public string? HealthPath { get; set; }

    /// <summary>
    /// The field in which it takes a cap on the answer's tokens, used where a hard limit caps a call and the caller named none. Default
    /// <c>max_completion_tokens</c>, as OpenAI has it; <c>max_tokens</c> for Anthropic and the other providers known by their host.
    /// </summary>
    [AllowedValues(null, "max_completion_tokens", "max_tokens", "max_output_tokens")]
    public string? OutputCapField { get; set; }
}
