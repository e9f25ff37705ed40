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

    /// <summary>What it costs; null where nobody knows, which is not the same as nothing.</summary>
    public Price? Price { get; init; }
}
