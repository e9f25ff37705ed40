using Gateway.OpenAi;

namespace Gateway.Providers;

/// <summary>A provider that many people hold a key of: the environment variable its own tools read, and how it differs from others of its kind.</summary>
/// <param name="Name">Its name in the gateway.</param>
/// <param name="Variable">The environment variable with the key.</param>
/// <param name="BaseUrl">Where its API begins.</param>
/// <param name="Endpoints">The calls it speaks.</param>
/// <param name="Models">The names and patterns that are its own, so that they need no <c>provider/</c> in front.</param>
internal sealed record ProviderPreset(string Name, string Variable, string BaseUrl, IReadOnlyList<string> Endpoints, IReadOnlyList<string> Models)
{
    public static readonly IReadOnlyList<ProviderPreset> All =
    [
        new("openai", "OPENAI_API_KEY", "https://api.openai.com/v1", ProviderKind.OpenAi.Endpoints,
            ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "ft:*", "text-embedding-*", "davinci-*", "babbage-*"])
        { OutputCapField = ProviderKind.OpenAi.OutputCapField, ResponsesWebSocket = true },

        // Beside its own API, Anthropic takes calls of OpenAI's chat.
        new("anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com", [.. ProviderKind.Anthropic.Endpoints, "chat/completions"], ["claude-*"])
        { Kind = ProviderKind.AnthropicName },
        new("gemini", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai",
            ["chat/completions", "embeddings", "images/generations"], ["gemini-*", "gemma-*"]),
        new("groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1",
            ["chat/completions", "responses", "audio/speech", "audio/transcriptions", "audio/translations", "files", "batches"], ["llama-*"])
        { UsagePath = "x_groq.usage" },
        new("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", ["chat/completions"], ["deepseek-*"]),

        // Mistral reports usage in the last chunk unasked and refuses fields it does not know.
        new("mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", ["chat/completions", "embeddings", "moderations", "audio/transcriptions", "files"],
            ["mistral-*", "ministral-*", "codestral-*", "magistral-*", "devstral-*", "pixtral-*", "voxtral-*", "open-mistral-*", "open-mixtral-*"])
        { InjectUsage = false },

        // Names such as "meta-llama/Llama-3.3-70B" belong to no one provider; OpenRouter, whose names all look so, takes what is left.
        new("together", "TOGETHER_API_KEY", "https://api.together.xyz/v1",
            ["chat/completions", "completions", "embeddings", "images/generations", "audio/speech", "audio/transcriptions", "audio/translations", "files", "batches", "rerank"], []),
        new("openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", ["chat/completions", "completions", "responses", "embeddings", "messages"], ["*/*"]),
        new("xai", "XAI_API_KEY", "https://api.x.ai/v1", ["chat/completions", "completions", "responses", "messages", "images/generations"], ["grok-*"])
        { ResponsesWebSocket = true },
        new("bedrock", "AWS_BEARER_TOKEN_BEDROCK", "https://bedrock-runtime.{region}.amazonaws.com/openai/v1", ["chat/completions", "responses"], ["openai.gpt-*"])
        { HostPattern = "bedrock-*" },
    ];

    public string Kind { get; init; } = ProviderKind.OpenAiName;

    public bool InjectUsage { get; init; } = true;

    public bool ResponsesWebSocket { get; init; }

    public string? UsagePath { get; init; }

    public string OutputCapField { get; init; } = "max_tokens";

    /// <summary>Its hosts, where they are more than the one of <see cref="BaseUrl"/>.</summary>
    public string? HostPattern { get; init; }

    /// <summary>The one whose host these settings name and whose API they speak, if any.</summary>
    public static ProviderPreset? Of(ProviderOptions options) =>
        Uri.TryCreate(options.BaseUrl?.Trim(), UriKind.Absolute, out Uri? address)
            ? All.FirstOrDefault(preset => preset.Kind == options.Kind && preset.IsAt(address.Host))
            : null;

    public ProviderOptions Options(string key, string? baseUrl)
    {
        var options = new ProviderOptions { Kind = Kind, BaseUrl = baseUrl ?? BaseUrl, ApiKey = key, InjectUsage = InjectUsage, ResponsesWebSocket = ResponsesWebSocket ? true : null, UsagePath = UsagePath, OutputCapField = OutputCapField };
        options.Endpoints.AddRange(Endpoints);
        return options;
    }

    private bool IsAt(string host) => HostPattern is { } pattern
        ? NamePattern.Matches(pattern, host)
        : new Uri(BaseUrl).Host.Equals(host, StringComparison.OrdinalIgnoreCase);
}
