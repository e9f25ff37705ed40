namespace Gateway.Providers;

/// <summary>
/// The models that <c>GET /v1/models</c> lists, answered from memory. Names behind patterns are fetched from the providers in the
/// background, after the start and then rarely; a provider that does not answer costs nobody anything.
/// </summary>
internal sealed partial class ModelListing(Routing routing, TimeProvider time, ILogger<ModelListing> logger) : BackgroundService
{
    private static readonly TimeSpan FetchTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Refresh = TimeSpan.FromHours(6);

    /// <summary>What each provider listed last, kept when it does not answer. Used by the background loop alone.</summary>
    private readonly Dictionary<Provider, IReadOnlyList<string>> _lastIds = [];

    /// <summary>How often one looks whether the settings were replaced.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private volatile Listed _listed = new(routing.Current, routing.Current.Models);

    /// <summary>What is known now; a new list after each refresh, never changed in place. After the settings changed, first what they name.</summary>
    public IReadOnlyList<ListedModel> Models => _listed is { } listed && listed.Catalog == routing.Current ? listed.Models : routing.Current.Models;

    /// <summary>Asks every provider whose models are not all named by the settings, and takes over what they list.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        using ModelCatalog catalog = routing.Hold();
        Provider[] asked = [.. catalog.Providers.Where(provider => provider.Name != ModelCatalog.EchoModel && (IsFound(provider) || catalog.Patterns.Any(pattern => pattern.PassesNamesTo(provider))))];
        IReadOnlyList<string>?[] answers = await Task.WhenAll(asked.Select(provider => FetchAsync(provider, cancel)));

        var models = new OrderedDictionary<string, ListedModel>(StringComparer.Ordinal);
        foreach (ListedModel model in catalog.Models)
        {
            models.TryAdd(model.Id, model);
        }

        foreach ((Provider provider, IReadOnlyList<string>? ids) in asked.Zip(answers))
        {
            IReadOnlyList<string> known = _lastIds[provider] = ids ?? _lastIds.GetValueOrDefault(provider, []);
            foreach (string name in known.Select(id => NameHere(catalog, provider, id)).OfType<string>())
            {
                models.TryAdd(name, new ListedModel(name, provider.Name));
            }
        }

        foreach (Provider gone in _lastIds.Keys.Except(catalog.Providers).ToArray())
        {
            _lastIds.Remove(gone);
        }

        _listed = new Listed(catalog, [.. models.Values]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using (ModelCatalog catalog = routing.Hold())
            {
                await Task.WhenAll(catalog.Providers.Select(provider => CheckHealthAsync(provider, stoppingToken)));
            }

            using var timer = new PeriodicTimer(Look, time);
            long? refreshed = null;
            do
            {
                if (refreshed is not { } last || time.GetElapsedTime(last) >= Refresh || _listed.Catalog != routing.Current)
                {
                    refreshed = time.GetTimestamp();
                    await RefreshAsync(stoppingToken);
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
        IReadOnlyList<string>? ids = await ModelListReader.FetchAsync(provider.Client, request, deadline.Token);
        if (ids is null)
        {
            NotListed(provider.Name);
        }

        return ids;
    }

    private async Task CheckHealthAsync(Provider provider, CancellationToken cancel)
    {
        if (provider.HealthAddress is null)
        {
            return;
        }

        using var clock = new CancellationTokenSource(FetchTime, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.HealthAddress);
        provider.Authorize(request);
        try
        {
            using HttpResponseMessage response = await provider.Client.SendAsync(request, deadline.Token);
            if (!response.IsSuccessStatusCode)
            {
                NotHealthy(provider.Name, (int)response.StatusCode);
            }
        }
        catch (HttpRequestException e)
        {
            NotReached(provider.Name, e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            NotReached(provider.Name, e);
        }
    }

    private sealed record Listed(ModelCatalog Catalog, IReadOnlyList<ListedModel> Models);

    [LoggerMessage(3002, LogLevel.Information, "The provider {Provider} did not list its models; they can be called all the same")]
    private partial void NotListed(string provider);

    [LoggerMessage(3003, LogLevel.Warning, "The provider {Provider} says that it is not well: its health path answers {Status}")]
    private partial void NotHealthy(string provider, int status);

    [LoggerMessage(3004, LogLevel.Warning, "The provider {Provider} did not answer on its health path")]
    private partial void NotReached(string provider, Exception exception);
}
