namespace Gateway.Providers;

/// <summary>Where calls may go: the part of the section <c>Gateway</c> that names providers and models.</summary>
public sealed class RoutingOptions
{
    /// <summary>The providers by name. A name is 1 to 64 letters, digits, dots, dashes and underscores. Default: none; then providers are looked for, see <see cref="DiscoverProviders"/>.</summary>
    public Dictionary<string, ProviderOptions> Providers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The models that callers may name, each with the provider that serves it. Default: none; <c>provider/model</c> works without.</summary>
    public List<ModelOptions> Models { get; } = [];

    /// <summary>The provider that keeps files whose upload names no model. Default: the first that speaks <c>files</c>, of the kind <c>openai</c> where there is one.</summary>
    public string? FilesProvider { get; set; }

    /// <summary>
    /// A file of prices in the form of the shipped <c>prices.json</c>, whose entries go before that table's; a model's own <c>Price</c> goes before both. Default: none.
    /// </summary>
    public string? PriceFile { get; set; }

    /// <summary>Whether the built-in model <c>echo</c> answers. Default true.</summary>
    public bool EchoModel { get; set; } = true;

    /// <summary>Whether, with no provider configured, the providers' usual environment variables and local servers' usual ports are looked at. Default true.</summary>
    public bool DiscoverProviders { get; set; } = true;
}
