namespace Gateway.Providers;

/// <summary>An API that providers speak, as <c>Gateway:Providers:NAME:Kind</c> names it, and what holds for all who speak it unless their settings say otherwise.</summary>
/// <param name="Name">Its name in the settings.</param>
/// <param name="Endpoints">The calls it speaks, by their paths below <c>/v1</c>.</param>
/// <param name="KeyHeader">The header that carries the credential as it is; null where it goes as <c>Authorization: Bearer</c>.</param>
/// <param name="OutputCapField">The field that caps an answer's tokens.</param>
/// <param name="ModelsPath">Where it lists the models that can be called; null where it lists others.</param>
internal sealed record ProviderKind(string Name, IReadOnlyList<string> Endpoints, string? KeyHeader, string OutputCapField, string? ModelsPath)
{
    public const string OpenAiName = "openai";
    public const string AzureName = "azure";
    public const string AnthropicName = "anthropic";

    public static readonly ProviderKind OpenAi = new(
        OpenAiName,
        [
            "chat/completions", "completions", "responses", "embeddings", "moderations",
            "images/generations", "images/edits", "images/variations",
            "audio/speech", "audio/transcriptions", "audio/translations",
            "files", "batches", "realtime",
        ],
        null, "max_completion_tokens", "models");

    /// <summary>Lists the models that could be deployed, not the deployments, which alone can be called: so its list is not asked for.</summary>
    public static readonly ProviderKind Azure = new(
        AzureName,
        [
            "chat/completions", "completions", "responses", "embeddings",
            "images/generations", "images/edits",
            "audio/speech", "audio/transcriptions", "audio/translations",
            "files", "batches", "realtime",
        ],
        "api-key", "max_completion_tokens", null);

    /// <summary>A page of its list holds 20 models unless more are asked for.</summary>
    public static readonly ProviderKind Anthropic = new(
        AnthropicName, ["messages", "messages/count_tokens"], "x-api-key", "max_tokens", "models?limit=1000");

    public static readonly IReadOnlyList<ProviderKind> All = [OpenAi, Azure, Anthropic];

    /// <summary>Every call that a provider can be said to speak; rerank is no call of OpenAI's, but several servers have it beside theirs.</summary>
    public static readonly IReadOnlyList<string> EveryEndpoint = [.. All.SelectMany(kind => kind.Endpoints).Append("rerank").Distinct(StringComparer.Ordinal)];

    public static ProviderKind Of(string name) =>
        All.FirstOrDefault(kind => kind.Name == name) ?? throw new InvalidOperationException($"The kind '{name}' is unknown after validation.");
}
