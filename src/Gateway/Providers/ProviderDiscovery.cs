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

    private const string OpenAi = "openai";
    private const string Bedrock = "bedrock";

    private static readonly (string Name, int Port, string[] Endpoints)[] LocalServers =
    [
        ("ollama", 11434, ["chat/completions", "completions", "embeddings", "responses", "messages"]),
        ("lmstudio", 1234, ["chat/completions", "completions", "embeddings", "responses", "messages"]),
        ("vllm", 8000, ["chat/completions", "completions", "embeddings", "responses", "messages", "audio/transcriptions", "audio/translations", "rerank"]),
        ("llamacpp", 8080, ["chat/completions", "completions", "embeddings", "responses", "messages", "messages/count_tokens", "rerank"]),
        ("textgen", 5000, ["chat/completions", "completions", "embeddings"]),
    ];

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
        FoundProvider?[] local = await Task.WhenAll(LocalServers.Select(server => AskAsync(server.Name, server.Port, server.Endpoints, deadline.Token)));
        cancel.ThrowIfCancellationRequested();
        return [.. ProviderPreset.All.Select(FromEnvironment).Append(AzureFromEnvironment()).Concat(local).OfType<FoundProvider>()];
    }

    private FoundProvider? FromEnvironment(ProviderPreset preset)
    {
        if (Key(preset.Variable) is not { } key)
        {
            return null;
        }

        string? baseUrl = preset.Name switch
        {
            OpenAi => Variable("OPENAI_BASE_URL"),
            Bedrock => BedrockAddress(preset),
            _ => null,
        };
        if (preset.Name == Bedrock && baseUrl is null)
        {
            VariableNotUsed(preset.Variable, "AWS_REGION, which says where to call, is not set");
            return null;
        }

        string? fault = UpstreamAddress.Fault(baseUrl ?? preset.BaseUrl, out Uri? address);
        if (fault is not null)
        {
            VariableNotUsed(preset.Name == Bedrock ? "AWS_REGION" : "OPENAI_BASE_URL", fault);
            return null;
        }

        // A shell set up as a client of this gateway must not make the gateway call itself.
        if (key.StartsWith("sk-gw-", StringComparison.Ordinal) && (baseUrl is null || address is { IsLoopback: true }))
        {
            VariableNotUsed(preset.Variable, "it holds a key that a gateway such as this one issued");
            return null;
        }

        // Another base address may serve models of any name.
        IReadOnlyList<string> models = baseUrl is null || preset.Name == Bedrock ? preset.Models : [.. preset.Models, "*"];
        return new FoundProvider(preset.Name, preset.Variable, preset.Options(key, baseUrl), models);
    }

    /// <summary>Azure's variables, as its own SDKs read them. Its deployments have any names, so they are called as <c>azure/DEPLOYMENT</c>.</summary>
    private FoundProvider? AzureFromEnvironment()
    {
        const string KeyVariable = "AZURE_OPENAI_API_KEY";
        if (Key(KeyVariable) is not { } key)
        {
            return null;
        }

        var options = new ProviderOptions { Kind = ProviderKind.AzureName, BaseUrl = Variable("AZURE_OPENAI_ENDPOINT"), ApiKey = key, ApiVersion = Variable("OPENAI_API_VERSION") };
        if (UpstreamAddress.Fault(options.BaseUrl, out _) is { } fault)
        {
            VariableNotUsed(KeyVariable, options.BaseUrl is null ? "AZURE_OPENAI_ENDPOINT, which says where to call, is not set" : $"in AZURE_OPENAI_ENDPOINT {fault}");
            return null;
        }

        return new FoundProvider(ProviderKind.AzureName, KeyVariable, options, []);
    }

    private string? BedrockAddress(ProviderPreset preset) =>
        (Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION")) is { } region && region.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')
            ? preset.BaseUrl.Replace("{region}", region, StringComparison.Ordinal)
            : null;

    private string? Key(string variable)
    {
        if (Variable(variable) is not { } key)
        {
            return null;
        }

        if (key.All(letter => letter is > ' ' and <= '~'))
        {
            return key;
        }

        VariableNotUsed(variable, "it holds characters that no key has");
        return null;
    }

    private string? Variable(string name) => configuration[name]?.Trim() is { Length: > 0 } value ? value : null;

    private async Task<FoundProvider?> AskAsync(string name, int port, string[] endpoints, CancellationToken cancel)
    {
        var options = new ProviderOptions { BaseUrl = $"http://127.0.0.1:{port}/v1", OutputCapField = "max_tokens" };
        options.Endpoints.AddRange(endpoints);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{options.BaseUrl}/models");
        IReadOnlyList<string>? models = await ModelListReader.FetchAsync(probe, request, cancel);

        // A star in a server's own name is not a pattern that anyone wrote.
        return models is null ? null : new FoundProvider(name, $"127.0.0.1:{port}", options, [.. models.Where(model => !model.Contains('*', StringComparison.Ordinal))]);
    }

    [LoggerMessage(3001, LogLevel.Warning, "The environment variable {Variable} is not used: {Reason}")]
    private partial void VariableNotUsed(string variable, string reason);
}
