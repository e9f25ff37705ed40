using Gateway.OpenAi;

namespace Gateway.Providers;

/// <summary>A provider that many people hold a key of: the environment variable its own tools read, and how it is called.</summary>
/// <param name="Name">Its name in the gateway.</param>
/// <param name="Variable">The environment variable with the key.</param>
/// <param name="BaseUrl">Where its OpenAI-like API begins.</param>
/// <param name="Endpoints">The calls it speaks.</param>
/// <param name="Models">The names and patterns that are its own, so that they need no <c>provider/</c> in front.</param>
internal sealed record ProviderPreset(string Name, string Variable, string BaseUrl, IReadOnlyList<ApiEndpoint> Endpoints, IReadOnlyList<string> Models)
{
    public static readonly IReadOnlyList<ProviderPreset> All =
    [
        new("openai", "OPENAI_API_KEY", "https://api.openai.com/v1", ApiEndpoint.All,
            ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "ft:*", "text-embedding-*", "davinci-*", "babbage-*"]),
        new("anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1", [ApiEndpoint.ChatCompletions], ["claude-*"]),
        new("gemini", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai",
            [ApiEndpoint.ChatCompletions, ApiEndpoint.Embeddings], ["gemini-*", "gemma-*"]),
        new("groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1", [ApiEndpoint.ChatCompletions], ["llama-*"]) { UsagePath = "x_groq.usage" },
        new("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", [ApiEndpoint.ChatCompletions], ["deepseek-*"]),
        // Mistral reports usage in the last chunk unasked and refuses fields it does not know.
        new("mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", [ApiEndpoint.ChatCompletions, ApiEndpoint.Embeddings],
            ["mistral-*", "ministral-*", "codestral-*", "magistral-*", "devstral-*", "pixtral-*", "voxtral-*", "open-mistral-*", "open-mixtral-*"])
        { InjectUsage = false },
        // Names such as "meta-llama/Llama-3.3-70B" belong to no one provider; OpenRouter, whose names all look so, takes what is left.
        new("together", "TOGETHER_API_KEY", "https://api.together.xyz/v1", ApiEndpoint.All, []),
        new("openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", [ApiEndpoint.ChatCompletions, ApiEndpoint.Completions], ["*/*"]),
        new("xai", "XAI_API_KEY", "https://api.x.ai/v1", [ApiEndpoint.ChatCompletions, ApiEndpoint.Completions], ["grok-*"]),
    ];

    public bool InjectUsage { get; init; } = true;

    public string? UsagePath { get; init; }

    public ProviderOptions Options(string key, string? baseUrl)
    {
        var options = new ProviderOptions { BaseUrl = baseUrl ?? BaseUrl, ApiKey = key, InjectUsage = InjectUsage, UsagePath = UsagePath };
        options.Endpoints.AddRange(Endpoints.Select(endpoint => endpoint.Family).Distinct());
        return options;
    }
}
