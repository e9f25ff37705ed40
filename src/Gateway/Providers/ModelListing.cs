namespace Gateway.Providers;

/// <summary>
/// The models that <c>GET /v1/models</c> lists, answered from memory. Names behind patterns are fetched from the providers in the
/// background, after the start and then now and then; a provider that does not answer costs nobody anything and keeps what it told before.
/// </summary>
internal sealed partial class ModelListing(Routing routing, TimeProvider time, ILogger<ModelListing> logger) : BackgroundService
{
    private static readonly TimeSpan FetchTime = TimeSpan.FromSeconds(5);

    /// <summary>New models come by the week at providers, but at any time at a local server.</summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromMinutes(15);

    /// <summary>How soon a provider is asked again that did not answer: a local server may start after the gateway.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(1);

    /// <summary>What each provider listed last, kept when it does not answer. Used by the background loop alone.</summary>
    private readonly Dictionary<Provider, IReadOnlyList<string>> _lastIds = [];

    /// <summary>Those that did not answer last: told once, not each minute. Used by the background loop alone.</summary>
    private readonly HashSet<Provider> _silent = [];

    /// <summary>How often one looks whether the settings were replaced.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private volatile Listed _listed = new(routing.Current, routing.Current.Models);

    /// <summary>What is known now; a new list after each refresh, never changed in place. After the settings changed, first what they name.</summary>
    public IReadOnlyList<ListedModel> Models => _listed is { } listed && listed.Catalog == routing.Current ? listed.Models : routing.Current.Models;

    /// <summary>Asks every provider whose models are not all named by the settings, and takes over what they list.</summary>
    /// <returns>Whether all of them answered.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancel)
    {
        using ModelCatalog catalog = routing.Hold();
        Provider[] asked = [.. catalog.Providers.Where(provider => provider.Name != ModelCatalog.EchoModel && provider.ModelsAddress is not null && (IsFound(provider) || catalog.Patterns.Any(pattern => pattern.PassesNamesTo(provider))))];
        IReadOnlyList<string>?[] answers = await Task.WhenAll(asked.Select(provider => FetchAsync(provider, cancel)));

        var models = new OrderedDictionary<string, ListedModel>(StringComparer.Ordinal);
        foreach (ListedModel model in catalog.Models)
        {
            models.TryAdd(model.Id, model);
        }

        foreach ((Provider provider, IReadOnlyList<string>? ids) in asked.Zip(answers))
        {
            if (ids is not null)
            {
                _silent.Remove(provider);
            }
            else if (_silent.Add(provider) && !cancel.IsCancellationRequested)
            {
                NotListed(provider.Name);
            }

            IReadOnlyList<string> known = _lastIds[provider] = ids ?? _lastIds.GetValueOrDefault(provider, []);
            foreach (string name in known.Select(id => NameHere(catalog, provider, id)).OfType<string>())
            {
                models.TryAdd(name, new ListedModel(name, provider.Name));
            }
        }

        foreach (Provider gone in _lastIds.Keys.Except(catalog.Providers).ToArray())
        {
            _lastIds.Remove(gone);
            _silent.Remove(gone);
        }

        _listed = new Listed(catalog, [.. models.Values]);
        return answers.All(answer => answer is not null);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Look, time);
            long? refreshed = null;
            bool isComplete = true;
            do
            {
                if (refreshed is not { } last || time.GetElapsedTime(last) >= (isComplete ? Refresh : AskAgain) || _listed.Catalog != routing.Current)
                {
                    refreshed = time.GetTimestamp();
                    isComplete = await RefreshAsync(stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private bool IsFound(Provider provider) => routing.Found.Any(candidate => candidate.Name == provider.Name);

    /// <summary>The name by which callers reach a model that a provider lists, or null where no name leads to it.</summary>
    private string? NameHere(ModelCatalog catalog, Provider provider, string id)
    {
        // Gemini lists "models/gemini-…" and answers to the name without it.
        string bare = id.StartsWith("models/", StringComparison.Ordinal) ? id["models/".Length..] : id;
        foreach (string name in new[] { id, bare })
        {
            if (catalog.TryFind(name, out ModelRoute? route) && route.Targets.Any(target => target.Provider == provider && target.UpstreamModel == name))
            {
                return name;
            }
        }

        return IsFound(provider) ? $"{provider.Name}/{id}" : null;
    }

    private async Task<IReadOnlyList<string>?> FetchAsync(Provider provider, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(FetchTime, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.ModelsAddress);
        provider.Authorize(request);
        return await ModelListReader.FetchAsync(provider.Client, request, deadline.Token);
    }

    private sealed record Listed(ModelCatalog Catalog, IReadOnlyList<ListedModel> Models);

    [LoggerMessage(3002, LogLevel.Information, "The provider {Provider} did not list its models; they can be called all the same")]
    private partial void NotListed(string provider);
}
