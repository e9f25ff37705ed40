using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Providers;

/// <summary>
/// With no provider configured: which ones does this machine have? Looks at the environment variables that providers' own tools
/// read (they are part of the configuration) and asks the usual ports of local model servers for their lists, all at once.
/// </summary>
internal sealed partial class ProviderDiscovery(IConfiguration configuration, HttpMessageInvoker probe, TimeProvider time, ILogger logger)
{
    /// <summary>A local server answers its list within milliseconds; the start must not wait for one that does not.</summary>
    private static readonly TimeSpan ProbeTime = TimeSpan.FromMilliseconds(500);

    private static readonly (string Name, int Port)[] LocalServers =
        [("ollama", 11434), ("lmstudio", 1234), ("vllm", 8000), ("llamacpp", 8080), ("textgen", 5000)];

    /// <summary>What this machine has; nothing where the settings name a provider or forbid to look.</summary>
    /// <param name="options">The validated settings.</param>
    /// <param name="configuration">Where environment variables are read.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of variables that could not be used.</param>
    /// <param name="cancel">Ends the search.</param>
    public static async Task<IReadOnlyList<FoundProvider>> FindAsync(
        RoutingOptions options, IConfiguration configuration, TimeProvider time, ILogger? logger, CancellationToken cancel)
    {
        if (options.Providers.Count > 0 || !options.DiscoverProviders)
        {
            return [];
        }

        using var probe = new HttpMessageInvoker(Provider.CreateHandler(ProbeTime, new UpstreamConnector()));
        return await new ProviderDiscovery(configuration, probe, time, logger ?? NullLogger.Instance).FindAsync(cancel);
    }

    public async Task<IReadOnlyList<FoundProvider>> FindAsync(CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(ProbeTime, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        FoundProvider?[] local = await Task.WhenAll(LocalServers.Select(server => AskAsync(server.Name, server.Port, deadline.Token)));
        cancel.ThrowIfCancellationRequested();
        return [.. ProviderPreset.All.Select(FromEnvironment).Concat(local).OfType<FoundProvider>()];
    }

    private FoundProvider? FromEnvironment(ProviderPreset preset)
    {
        string? key = configuration[preset.Variable]?.Trim();
        if (string.IsNullOrEmpty(key))
        {
            return null;
        }

        string? baseUrl = preset.Name == "openai" ? configuration["OPENAI_BASE_URL"]?.Trim() : null;
        baseUrl = string.IsNullOrEmpty(baseUrl) ? null : baseUrl;
        string? fault = UpstreamAddress.Fault(baseUrl ?? preset.BaseUrl, out Uri? address);
        if (fault is not null)
        {
            VariableNotUsed("OPENAI_BASE_URL", fault);
            return null;
        }

        if (key.Any(letter => letter is <= ' ' or > '~'))
        {
            VariableNotUsed(preset.Variable, "it holds characters that no key has");
            return null;
        }

        // A shell set up as a client of this gateway must not make the gateway call itself.
        if (key.StartsWith("sk-gw-", StringComparison.Ordinal) && (baseUrl is null || address is { IsLoopback: true }))
        {
            VariableNotUsed(preset.Variable, "it holds a key that a gateway such as this one issued");
            return null;
        }

        // Another base address may serve models of any name.
        IReadOnlyList<string> models = baseUrl is null ? preset.Models : [.. preset.Models, "*"];
        return new FoundProvider(preset.Name, preset.Variable, preset.Options(key, baseUrl), models);
    }

    private async Task<FoundProvider?> AskAsync(string name, int port, CancellationToken cancel)
    {
        var options = new ProviderOptions { BaseUrl = $"http://127.0.0.1:{port}/v1" };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{options.BaseUrl}/models");
        IReadOnlyList<string>? models = await ModelListReader.FetchAsync(probe, request, cancel);

        // A star in a server's own name is not a pattern that anyone wrote.
        return models is null ? null : new FoundProvider(name, $"127.0.0.1:{port}", options, [.. models.Where(model => !model.Contains('*', StringComparison.Ordinal))]);
    }

    [LoggerMessage(3001, LogLevel.Warning, "The environment variable {Variable} is not used: {Reason}")]
    private partial void VariableNotUsed(string variable, string reason);
}
