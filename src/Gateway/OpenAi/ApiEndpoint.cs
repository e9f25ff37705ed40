namespace Gateway.OpenAi;

/// <summary>One of the API's calls that is forwarded: its path below <c>/v1</c>, which is also its name in settings, ledger and metrics.</summary>
internal sealed record ApiEndpoint(string Path)
{
    public static readonly ApiEndpoint ChatCompletions = new("chat/completions");
    public static readonly ApiEndpoint Completions = new("completions");
    public static readonly ApiEndpoint Embeddings = new("embeddings");

    public static readonly IReadOnlyList<ApiEndpoint> All = [ChatCompletions, Completions, Embeddings];
}
