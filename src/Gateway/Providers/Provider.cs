using System.Collections.Frozen;
using System.Net;
using Gateway.OpenAi;

namespace Gateway.Providers;

/// <summary>An upstream service as a call needs it: where it is, how to show the gateway's credential there, what it speaks. Built once from its settings and never changed.</summary>
internal sealed class Provider : IDisposable
{
    private readonly FrozenSet<string> _spoken;
    private readonly ProviderAddresses _addresses;
    private readonly ProviderKeys _keys;

    public Provider(string name, ProviderOptions options, HttpMessageHandler handler)
        : this(name, options, handler, TimeProvider.System)
    {
    }

    /// <param name="name">Its name in the settings.</param>
    /// <param name="options">Its settings, validated.</param>
    /// <param name="handler">What sends its requests; owned by it.</param>
    /// <param name="time">The clock for keys that are left out for a while or read again.</param>
    public Provider(string name, ProviderOptions options, HttpMessageHandler handler, TimeProvider time)
    {
        var kind = ProviderKind.Of(options.Kind);
        var known = ProviderPreset.Of(options);
        Name = name;
        InjectUsage = options.InjectUsage ?? ((known?.InjectUsage ?? true) && BearsStreamOptions(options));
        RewriteModel = options.RewriteModel;
        OutputCapField = NotEmpty(options.OutputCapField) ?? known?.OutputCapField ?? kind.OutputCapField;
        UsagePaths = (NotEmpty(options.UsagePath) ?? known?.UsagePath) is { } path ? new UsagePaths([path]) : UsagePaths.Default;
        StripFields = [.. options.StripFields];
        IReadOnlyList<string> spoken = options.Endpoints.Count > 0 ? options.Endpoints : known?.Endpoints ?? kind.Endpoints;
        _spoken = spoken.ToFrozenSet(StringComparer.Ordinal);
        Endpoints = [.. ApiEndpoint.All.Where(Speaks)];
        SpeaksResponsesWebSocket = Speaks(ApiEndpoint.Responses) && (options.ResponsesWebSocket ?? known?.ResponsesWebSocket ?? false);

        _addresses = new ProviderAddresses(options);
        _keys = new ProviderKeys(options, time);
        Client = new HttpMessageInvoker(new BodyInOnePiece.Handler(_keys.Count > 1 ? new KeyRotation(handler, _keys) : handler));
        ModelsAddress = (NotEmpty(options.ModelsPath) ?? kind.ModelsPath) is { } models ? _addresses.Below(models) : null;
        HealthAddress = NotEmpty(options.HealthPath) is { } health ? _addresses.Below(health) : null;
    }

    public string Name { get; }

    public HttpMessageInvoker Client { get; }

    /// <summary>The calls it speaks.</summary>
    public IReadOnlyList<ApiEndpoint> Endpoints { get; }

    /// <summary>Whether it makes responses over a WebSocket too.</summary>
    public bool SpeaksResponsesWebSocket { get; }

    /// <summary>Whether usage may be asked for in a streamed call.</summary>
    public bool InjectUsage { get; }

    /// <summary>Where it reports usage.</summary>
    public UsagePaths UsagePaths { get; }

    /// <summary>Top-level fields of a request to leave out.</summary>
    public IReadOnlyList<string> StripFields { get; }

    public bool RewriteModel { get; }

    /// <summary>The field in which it takes a cap on the answer's tokens.</summary>
    public string OutputCapField { get; }

    /// <summary>Where it lists its models; null where it lists none that can be called.</summary>
    public Uri? ModelsAddress { get; }

    public Uri? HealthAddress { get; }

    /// <summary>A provider with a client of its own, so that one that hangs cannot use up the connections of another.</summary>
    public static Provider Connect(string name, ProviderOptions options, TimeSpan connectTimeout) =>
        new(name, options, new UnaskedCompression(CreateHandler(connectTimeout, new UpstreamConnector())));

    public static SocketsHttpHandler CreateHandler(TimeSpan connectTimeout, UpstreamConnector connector) => new()
    {
        UseProxy = false,
        UseCookies = false,
        // A redirect would carry body and credential to a place that no setting names.
        AllowAutoRedirect = false,
        // See UnaskedCompression.
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        // A broken-off answer is not worth reading to its end for the connection's sake: it may be an endless stream.
        ResponseDrainTimeout = TimeSpan.Zero,
        ConnectCallback = connector.ConnectAsync,
    };

    /// <summary>Sub-paths are spoken with the call that they belong to, or named by themselves.</summary>
    public bool Speaks(ApiEndpoint endpoint) => _spoken.Contains(endpoint.Family) || _spoken.Contains(endpoint.Path);

    /// <summary>Whether a refused call may go on with another key, for which its body would have to be sent again.</summary>
    public bool HasSeveralKeys => _keys.Count > 1;

    /// <summary>Where a call goes.</summary>
    /// <param name="path">The call's path below <c>/v1</c>.</param>
    /// <param name="model">The provider's own name for the model, or the deployment's; null where the call names none.</param>
    /// <param name="callerQuery">The caller's query as it came, with or without the question mark, or nothing.</param>
    public Uri Address(string path, string? model, string callerQuery) => _addresses.Call(path, model, callerQuery);

    /// <summary>Puts the gateway's credential and the provider's other headers into a request whose address is set, over whatever stood there.</summary>
    public void Authorize(HttpRequestMessage request) => _keys.Apply(request);

    /// <summary>Its credentials; the same list while they stay the same.</summary>
    public IReadOnlyList<string> Secrets => _keys.Secrets;

    /// <summary>UTF-8 text from this provider with credentials taken out; the very same memory where it holds none.</summary>
    public ReadOnlyMemory<byte> Mask(ReadOnlyMemory<byte> text) => _keys.Mask(text);

    public void Dispose()
    {
        Client.Dispose();
        _keys.Dispose();
    }

    /// <summary>Azure's dated versions know <c>stream_options</c> since September 2024 and refuse it before.</summary>
    private static bool BearsStreamOptions(ProviderOptions options) =>
        !ProviderAddresses.IsByDeployment(options) || string.CompareOrdinal(options.ApiVersion, "2024-09-01") >= 0;

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
