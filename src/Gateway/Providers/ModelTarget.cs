using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>Where a call for a model goes.</summary>
/// <param name="MetricName">The model's name in metrics: a name from the settings, or <see cref="Other"/>, so that metrics don't grow with what callers ask for.</param>
/// <param name="Provider">Who serves it.</param>
/// <param name="UpstreamModel">The provider's own name for it.</param>
/// <param name="MaxOutputTokens">The most tokens that it can write in one answer, where known.</param>
internal sealed record ModelTarget(string MetricName, Provider Provider, string UpstreamModel, int? MaxOutputTokens)
{
    /// <summary>The name in metrics that all models share which no setting names.</summary>
    public const string Other = "other";

    private const ulong FnvBasis = 14695981039346656037UL;

    /// <summary>What it costs; null where nobody knows, which is not the same as nothing.</summary>
    public Price? Price { get; init; }

    /// <summary>Its share of the model's calls, beside the other targets' weights; 0 makes it a reserve.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>The same name; null where the call is about no model.</summary>
    public string? NamedModel => UpstreamModel.Length > 0 ? UpstreamModel : null;

    /// <summary>How it has been doing; shared by all names that lead to this provider and its model.</summary>
    public required TargetHealth Health { get; init; }

    /// <summary>A number that is the same in every process: where affinity sends a session must not change with a restart.</summary>
    public ulong Mark() => Fnv(Fnv(FnvBasis, Provider.Name), UpstreamModel);

    /// <summary>A text's number, the same in every process (FNV-1a over its UTF-16).</summary>
    public static ulong MarkOf(string text) => Fnv(FnvBasis, text);

    private static ulong Fnv(ulong hash, string text)
    {
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        return hash;
    }
}
