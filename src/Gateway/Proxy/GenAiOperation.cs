namespace Gateway.Proxy;

/// <summary>A call's name in OpenTelemetry's GenAI conventions.</summary>
internal static class GenAiOperation
{
    /// <param name="path">The call's path below /v1.</param>
    public static string Of(string path) => path switch
    {
        "chat/completions" or "messages" or "responses" => "chat",
        "completions" => "text_completion",
        "embeddings" => "embeddings",
        _ => "other",
    };
}
