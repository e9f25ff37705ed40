namespace Gateway.Proxy;

/// <summary>In which of its three forms the list of models is told: each kind of client asks in its own way, and reads only its own.</summary>
internal static class ModelsForm
{
    public const string OpenAi = "openai";

    /// <summary>Asked for by the header <c>anthropic-version</c>.</summary>
    public const string Anthropic = "anthropic";

    /// <summary>Asked for by the parameter <c>client_version</c>.</summary>
    public const string Codex = "codex";

    public static string Of(HttpRequest request) =>
        request.Headers.ContainsKey("anthropic-version") ? Anthropic
        : request.Query.ContainsKey("client_version") ? Codex
        : OpenAi;
}
