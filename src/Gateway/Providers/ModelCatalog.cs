using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Gateway.OpenAi;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>
/// Every provider and every model name at one moment, never changed. A name leads, in this order: to the model of just that name,
/// to a provider whose name stands before its first slash, to the longest pattern that matches.
/// </summary>
/// <remarks>Held by <see cref="Routing"/> and by each call that began with it; the last one to let go disposes of the providers that no newer catalog took over.</remarks>
internal sealed class ModelCatalog : IDisposable
{
    public const string EchoModel = "echo";

    private static readonly Price Free = new();

    /// <summary>Longer than any provider's names; what callers send may be as long as a body.</summary>
    private const int LongestName = 512;

    private readonly SharedProvider[] _shared;
    private readonly FrozenDictionary<string, (Provider Provider, TargetHealth Health)> _providers;
    private readonly FrozenDictionary<string, (Provider Provider, TargetHealth Health)>.AlternateLookup<ReadOnlySpan<char>> _providersBySpan;
    private readonly FrozenDictionary<string, ModelRoute> _exact;
    private readonly ModelPattern[] _patterns;
    private readonly ShippedPrices _prices;
    private int _holders = 1;

    public ModelCatalog(
        SharedProvider[] providers, OrderedDictionary<string, ModelRoute> exact, IEnumerable<ModelPattern> patterns, IReadOnlyList<ModelEntry> entries, HealthBook health, ShippedPrices prices)
    {
        _shared = providers;
        _prices = prices;
        Health = health;
        Entries = entries;
        Providers = [.. providers.Select(shared => shared.Provider)];
        _providers = Providers.ToFrozenDictionary(provider => provider.Name, provider => (provider, health.Of(provider, null)), StringComparer.Ordinal);
        _providersBySpan = _providers.GetAlternateLookup<ReadOnlySpan<char>>();
        _exact = exact.ToFrozenDictionary(StringComparer.Ordinal);
        // A stable sort: of two patterns of one length the one named first stays first.
        _patterns = [.. patterns.OrderByDescending(pattern => pattern.Name.Length)];
        Models = [.. exact.Select(pair => new ListedModel(pair.Key, pair.Value.First.Provider.Name))];
    }

    /// <summary>All providers, the built-in one included.</summary>
    public IReadOnlyList<Provider> Providers { get; }

    /// <summary>Who keeps files whose upload names no model; null where nobody does.</summary>
    public string? FilesProvider { get; init; }

    /// <summary>The models whose whole names are known, in the order of the settings.</summary>
    public IReadOnlyList<ListedModel> Models { get; }

    /// <summary>The patterns, the longest first.</summary>
    public IReadOnlyList<ModelPattern> Patterns => _patterns;

    /// <summary>Models and patterns with their own targets, in the order of the settings.</summary>
    public IReadOnlyList<ModelEntry> Entries { get; }

    /// <summary>How the targets have been doing.</summary>
    public HealthBook Health { get; }

    /// <summary>Where a call for this model may go, or why it can't.</summary>
    public Outcome<ModelRoute> Resolve(string model, ApiEndpoint endpoint)
    {
        if (endpoint.ProviderName is { } mapped)
        {
            return Mapped(mapped, model) is { } own ? own : GatewayError.UnknownUrl("POST", $"/v1/{endpoint.Path}");
        }

        if (!TryFind(model, out ModelRoute? route))
        {
            return GatewayError.ModelNotFound(model);
        }

        return route.Speaking(endpoint) is { } spoken
            ? spoken
            : GatewayError.EndpointNotSupported(model, endpoint.Path, route.Targets.SelectMany(target => target.Provider.Endpoints).Select(other => other.Family).Distinct());
    }

    /// <summary>The provider of this name, for what it keeps, whatever the model; null where the settings have none of it any more.</summary>
    public ModelTarget? FindKeeper(string provider) =>
        _providers.TryGetValue(provider, out (Provider Provider, TargetHealth Health) found) ? new ModelTarget(ModelTarget.Other, found.Provider, "", null) { Health = found.Health } : null;

    /// <summary>The most that one call has on any of these ways, prompt and answer together; null where that is not known of one of them.</summary>
    public long? LargestContext(ModelRoute ways)
    {
        long most = 0;
        foreach (ModelTarget target in ways.Targets)
        {
            if (_prices.FindContext(target.UpstreamModel) is not { } context)
            {
                return null;
            }

            most = Math.Max(most, context);
        }

        return most;
    }

    /// <summary>Whether any setting leads this name anywhere, whatever the call.</summary>
    public bool TryFind(string model, [NotNullWhen(true)] out ModelRoute? route)
    {
        if (_exact.TryGetValue(model, out route))
        {
            return true;
        }

        if (model.Length is 0 or > LongestName)
        {
            return false;
        }

        int slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && _providersBySpan.TryGetValue(model.AsSpan(0, slash), out (Provider Provider, TargetHealth Health) addressed))
        {
            route = slash == model.Length - 1 ? null : new ModelRoute(Addressed(addressed.Provider, addressed.Health, model[(slash + 1)..]));
            return route is not null;
        }

        foreach (ModelPattern pattern in _patterns)
        {
            if (NamePattern.Matches(pattern.Name, model))
            {
                route = pattern.For(model, _prices);
                return true;
            }
        }

        return false;
    }

    /// <summary>The provider of this name, where it still has these settings.</summary>
    public SharedProvider? Kept(string name, string fingerprint) =>
        Array.Find(_shared, shared => shared.Provider.Name == name && shared.Fingerprint == fingerprint);

    /// <summary>Holds the catalog for a call; false where it is gone, and a newer one in force.</summary>
    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    /// <summary>Lets go of the catalog. Whoever made it or holds it does this once.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Array.ForEach(_shared, shared => shared.Release());
        }
    }

    /// <summary>A setting chose the provider; a model of the settings' that it serves keeps its name there and its price.</summary>
    private ModelRoute? Mapped(string name, string model) =>
        Providers.FirstOrDefault(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } provider ? null
        : TryFind(model, out ModelRoute? route) && route.At(provider.Name) is { } own ? own
        : new ModelRoute(Addressed(provider, _providers[provider.Name].Health, model));

    private ModelTarget Addressed(Provider provider, TargetHealth health, string model) =>
        new(ModelTarget.Other, provider, model, null) { Price = provider.Name == EchoModel ? Free : _prices.Find(model), Health = health };
}
