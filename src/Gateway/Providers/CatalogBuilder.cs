using Gateway.OpenAi;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>Makes a catalog of validated settings. Used once.</summary>
internal sealed class CatalogBuilder(CatalogSource source, RoutingOptions options, ModelCatalog? before)
{
    private static readonly Price Free = new();

    private readonly Dictionary<string, SharedProvider> _providers = new(StringComparer.OrdinalIgnoreCase);
    private readonly OrderedDictionary<string, ModelEntry> _entries = new(StringComparer.Ordinal);
    private readonly HealthBook _health = new(source.Health, source.Time, before?.Health);

    /// <summary>What models cost whose settings don't say.</summary>
    private readonly ShippedPrices _prices = ShippedPrices.On(
        DateOnly.FromDateTime(source.Time.GetUtcNow().UtcDateTime), string.IsNullOrEmpty(options.PriceFile) ? null : ShippedPriceFile.Read(options.PriceFile));

    /// <param name="found">Providers that the machine has; none where the settings name any.</param>
    public ModelCatalog Build(IReadOnlyList<FoundProvider> found)
    {
        foreach ((string name, ProviderOptions provider) in options.Providers.Concat(found.Select(provider => KeyValuePair.Create(provider.Name, provider.Options))))
        {
            AddProvider(name, provider, () => Provider.Connect(name, provider, source.ConnectTimeout));
        }

        foreach (ModelOptions model in options.Models)
        {
            Add(model);
        }

        foreach ((FoundProvider provider, string name) in found.SelectMany(provider => provider.Models.Select(name => (provider, name))))
        {
            Add(new ModelOptions { Name = name, Targets = { new TargetOptions { Provider = provider.Name } } });
        }

        if (options.EchoModel)
        {
            AddEcho();
        }

        var routes = new OrderedDictionary<string, ModelRoute>(StringComparer.Ordinal);
        var patterns = new List<ModelPattern>();
        foreach (ModelEntry entry in _entries.Values)
        {
            ModelRoute route = RouteOf(entry);
            if (entry.IsPattern)
            {
                patterns.Add(new ModelPattern(entry.Name, route));
            }
            else
            {
                routes.Add(entry.Name, route);
            }
        }

        return new ModelCatalog([.. _providers.Values], routes, patterns, [.. _entries.Values], _health, _prices)
        {
            FilesProvider = (options.FilesProvider is { } files ? _providers[files].Provider : UsualFilesProvider(options))?.Name,
        };
    }

    /// <summary>Whoever uploads a file by OpenAI's API, naming no model, means OpenAI sooner than another that keeps files too; settings have no order but the alphabet's.</summary>
    private Provider? UsualFilesProvider(RoutingOptions options) =>
        _providers.Values.Select(shared => shared.Provider)
            .Where(provider => provider.Speaks(ApiEndpoint.Files))
            .OrderBy(provider => options.Providers.TryGetValue(provider.Name, out var settings) && ProviderKind.Of(settings.Kind) != ProviderKind.OpenAi)
            .FirstOrDefault();

    private SharedProvider AddProvider(string name, ProviderOptions options, Func<Provider> connect)
    {
        string fingerprint = SharedProvider.FingerprintOf(options);
        SharedProvider provider = before?.Kept(name, fingerprint)?.Share() ?? new SharedProvider(connect(), fingerprint);
        _providers.Add(name, provider);

        // For the names that address it directly.
        _health.Of(provider.Provider, null);
        return provider;
    }

    private void AddEcho()
    {
        ProviderOptions options = EchoHandler.Options();
        Provider provider = AddProvider(ModelCatalog.EchoModel, options, () => new Provider(ModelCatalog.EchoModel, options, source.Echo)).Provider;
        var target = new ModelTarget(ModelCatalog.EchoModel, provider, ModelCatalog.EchoModel, null) { Price = Free, Health = _health.Of(provider, null) };
        _entries.TryAdd(ModelCatalog.EchoModel, new ModelEntry(ModelCatalog.EchoModel, new TargetGroup([target], Balance.Weight, new Turns()), []));
    }

    private void Add(ModelOptions model)
    {
        string name = model.Name ?? "";
        bool isPattern = name.Contains('*', StringComparison.Ordinal);
        ModelTarget[] targets = [.. model.Targets.Select(target =>
        {
            Provider provider = _providers[target.Provider ?? ""].Provider;
            string upstream = !string.IsNullOrEmpty(target.Model) ? target.Model : isPattern ? "" : name;
            return new ModelTarget(isPattern ? ModelTarget.Other : name, provider, upstream, model.MaxOutputTokens)
            {
                Price = model.Price ?? (upstream.Length > 0 ? _prices.Find(upstream) : null),
                Weight = target.Weight,
                Health = _health.Of(provider, upstream),
            };
        })];
        _entries.TryAdd(name, new ModelEntry(name, new TargetGroup(targets, BalanceOf(model.Balance), new Turns()), [.. model.Fallbacks]));
    }

    private static Balance BalanceOf(string word) => word switch
    {
        "least_in_flight" => Balance.LeastInFlight,
        "affinity" => Balance.Affinity,
        _ => Balance.Weight,
    };

    private ModelRoute RouteOf(ModelEntry entry)
    {
        if (entry.Fallbacks.Count == 0 && entry.Group.Targets.Count == 1)
        {
            return new ModelRoute(entry.Group.Targets[0]);
        }

        return ModelRoute.Of(Groups(entry)) ?? throw new InvalidOperationException($"The model '{entry.Name}' has no target after validation.");
    }

    /// <summary>The model itself, the models it falls back to, then those that these fall back to.</summary>
    private IEnumerable<TargetGroup> Groups(ModelEntry entry)
    {
        yield return entry.Group;
        var known = new HashSet<string>(StringComparer.Ordinal) { entry.Name };
        var next = new Queue<string>(entry.Fallbacks);
        while (next.TryDequeue(out string? name))
        {
            if (!known.Add(name))
            {
                continue;
            }

            if (_entries.TryGetValue(name, out ModelEntry? exact))
            {
                yield return exact.Group;
                foreach (string further in exact.Fallbacks)
                {
                    next.Enqueue(further);
                }
            }
            else if (Addressed(name) is { } addressed)
            {
                yield return new TargetGroup([addressed], Balance.Weight, new Turns());
            }
            else if (_entries.Values.Where(other => other.IsPattern && NamePattern.Matches(other.Name, name)).MaxBy(other => other.Name.Length) is { } pattern)
            {
                yield return ModelPattern.Fill(pattern.Group, name, _prices);
            }
        }
    }

    private ModelTarget? Addressed(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || !_providers.TryGetValue(name[..slash], out SharedProvider? shared) || shared.Provider.Name != name[..slash])
        {
            return null;
        }

        string model = name[(slash + 1)..];
        return new ModelTarget(ModelTarget.Other, shared.Provider, model, null)
        {
            Price = shared.Provider.Name == ModelCatalog.EchoModel ? Free : _prices.Find(model),
            Health = _health.Of(shared.Provider, null),
        };
    }
}
