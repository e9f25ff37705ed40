using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Gateway.OpenAi;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>
/// Every provider and every model name at one moment, never changed. A name leads, in this order: to the model of just that name,
/// to a provider whose name stands before its first slash, to the longest pattern that matches.
/// </summary>
internal sealed class ModelCatalog : IDisposable
{
    public const string EchoModel = "echo";

    private static readonly Price Free = new();

    /// <summary>Longer than any provider's names; what callers send may be as long as a body.</summary>
    private const int LongestName = 512;

    private readonly FrozenDictionary<string, Provider> _providers;
    private readonly FrozenDictionary<string, Provider>.AlternateLookup<ReadOnlySpan<char>> _providersBySpan;
    private readonly FrozenDictionary<string, ModelTarget> _exact;
    private readonly ModelPattern[] _patterns;
    private readonly ShippedPrices _prices;

    private ModelCatalog(
        IReadOnlyList<Provider> providers, IReadOnlyDictionary<string, ModelTarget> exact, IEnumerable<ModelPattern> patterns, ShippedPrices prices)
    {
        _prices = prices;
        Providers = providers;
        _providers = providers.ToFrozenDictionary(provider => provider.Name, StringComparer.Ordinal);
        _providersBySpan = _providers.GetAlternateLookup<ReadOnlySpan<char>>();
        _exact = exact.ToFrozenDictionary(StringComparer.Ordinal);
        // A stable sort: of two patterns of one length the one named first stays first.
        _patterns = [.. patterns.OrderByDescending(pattern => pattern.Name.Length)];
        Models = [.. exact.Select(pair => new ListedModel(pair.Key, pair.Value.Provider.Name))];
    }

    /// <summary>All providers, the built-in one included.</summary>
    public IReadOnlyList<Provider> Providers { get; }

    /// <summary>The models whose whole names are known, in the order of the settings.</summary>
    public IReadOnlyList<ListedModel> Models { get; }

    /// <summary>The patterns, the longest first.</summary>
    public IReadOnlyList<ModelPattern> Patterns => _patterns;

    /// <summary>A catalog of validated settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="found">Providers that the machine has; none where the settings name any.</param>
    /// <param name="connectTimeout">How long a connection may take.</param>
    /// <param name="echo">What answers for the built-in model; owned by the catalog.</param>
    /// <param name="prices">What models cost whose settings don't say.</param>
    public static ModelCatalog Build(
        RoutingOptions options, IReadOnlyList<FoundProvider> found, TimeSpan connectTimeout, HttpMessageHandler echo, ShippedPrices prices)
    {
        var providers = new Dictionary<string, Provider>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, ProviderOptions provider) in options.Providers)
        {
            providers.Add(name, Provider.Connect(name, provider, connectTimeout));
        }

        foreach (FoundProvider provider in found)
        {
            providers.Add(provider.Name, Provider.Connect(provider.Name, provider.Options, connectTimeout));
        }

        var exact = new OrderedDictionary<string, ModelTarget>(StringComparer.Ordinal);
        var patterns = new List<ModelPattern>();
        foreach (ModelOptions model in options.Models)
        {
            TargetOptions target = model.Targets[0];
            Add(model.Name ?? "", providers[target.Provider ?? ""], target.Model, model.MaxOutputTokens, model.Price);
        }

        foreach (FoundProvider provider in found)
        {
            foreach (string name in provider.Models)
            {
                Add(name, providers[provider.Name], null, null, null);
            }
        }

        if (options.EchoModel)
        {
            // The address is never connected to: the handler answers.
            var spoken = new ProviderOptions { BaseUrl = "http://echo.invalid/v1" };
            spoken.Endpoints.AddRange(EchoHandler.Endpoints);
            var provider = new Provider(EchoModel, spoken, echo);
            providers.Add(provider.Name, provider);
            exact.TryAdd(EchoModel, new ModelTarget(EchoModel, provider, EchoModel, null) { Price = Free });
        }

        return new ModelCatalog([.. providers.Values], exact, patterns, prices);

        void Add(string name, Provider provider, string? upstreamModel, int? maxOutputTokens, Price? price)
        {
            string? fixedModel = string.IsNullOrEmpty(upstreamModel) ? null : upstreamModel;
            if (name.Contains('*', StringComparison.Ordinal))
            {
                patterns.Add(new ModelPattern(name, provider, fixedModel, maxOutputTokens) { Price = price });
            }
            else
            {
                exact.TryAdd(name, new ModelTarget(name, provider, fixedModel ?? name, maxOutputTokens) { Price = price ?? prices.Find(fixedModel ?? name) });
            }
        }
    }

    /// <summary>Where a call for this model goes, or why it can't.</summary>
    public Outcome<ModelTarget> Resolve(string model, ApiEndpoint endpoint)
    {
        if (endpoint.ProviderName is { } mapped)
        {
            return Mapped(_providers[mapped], model);
        }

        if (!TryFind(model, out ModelTarget? target))
        {
            return GatewayError.ModelNotFound(model);
        }

        return target.Provider.Speaks(endpoint)
            ? target
            : GatewayError.EndpointNotSupported(model, endpoint.Path, target.Provider.Endpoints.Select(spoken => spoken.Family).Distinct());
    }

    /// <summary>The provider of this name; null where the settings have none of it any more.</summary>
    public Provider? FindProvider(string name) => _providers.GetValueOrDefault(name);

    /// <summary>Whether any setting leads this name anywhere, whatever the call.</summary>
    public bool TryFind(string model, [NotNullWhen(true)] out ModelTarget? target)
    {
        if (_exact.TryGetValue(model, out target))
        {
            return true;
        }

        if (model.Length is 0 or > LongestName)
        {
            return false;
        }

        int slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && _providersBySpan.TryGetValue(model.AsSpan(0, slash), out Provider? addressed))
        {
            target = slash == model.Length - 1 ? null : Addressed(addressed, model[(slash + 1)..]);
            return target is not null;
        }

        foreach (ModelPattern pattern in _patterns)
        {
            if (NamePattern.Matches(pattern.Name, model))
            {
                var upstream = pattern.UpstreamModel ?? model;
                target = new ModelTarget(ModelTarget.Other, pattern.Provider, upstream, pattern.MaxOutputTokens) { Price = pattern.Price ?? _prices.Find(upstream) };
                return true;
            }
        }

        return false;
    }

    /// <summary>A setting chose the provider; a model of the settings' that it serves keeps its name there and its price.</summary>
    private ModelTarget Mapped(Provider provider, string model) =>
        TryFind(model, out ModelTarget? target) && target.Provider == provider ? target : Addressed(provider, model);

    private ModelTarget Addressed(Provider provider, string model) =>
        new(ModelTarget.Other, provider, model, null) { Price = provider.Name == EchoModel ? Free : _prices.Find(model) };

    public void Dispose()
    {
        foreach (Provider provider in Providers)
        {
            provider.Dispose();
        }
    }
}
