using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>A model name with <c>*</c> in it and where the names it matches go; without an upstream model the asked name is passed on.</summary>
internal sealed record ModelPattern(string Name, Provider Provider, string? UpstreamModel, int? MaxOutputTokens)
{
    /// <summary>The price from the settings, for every name it matches; null where each has its own.</summary>
    public Price? Price { get; init; }
}
