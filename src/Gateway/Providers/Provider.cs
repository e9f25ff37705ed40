using System.Collections.Frozen;
using System.Net;
using Gateway.OpenAi;

namespace Gateway.Providers;

/// <summary>An upstream service as a call needs it: where it is, how to show the gateway's credential there, what it speaks. Built once from its settings and never changed.</summary>
internal sealed class Provider : IDisposable
{
    private const string KeyPlaceholder = "{key}";

    /// <summary>A caller's word to the service they believe they call. Where a provider needs one, it has its own.</summary>
    private const string AzureVersion = "api-version";

    private readonly FrozenDictionary<string, Uri> _addresses;
    private readonly FrozenSet<string> _spoken;
    private readonly FrozenSet<string> _queryNames;
    private readonly KeyValuePair<string, string>[] _headers;
    private readonly CredentialMask _mask;
    private readonly string _root;
    private readonly string _ownQuery;

    public Provider(string name, ProviderOptions options, HttpMessageHandler handler)
    {
        Name = name;
        Client = new HttpMessageInvoker(handler);
        InjectUsage = options.InjectUsage;
        RewriteModel = options.RewriteModel;
        OutputCapField = options.OutputCapField;
        UsagePaths = options.UsagePath is { } path ? new UsagePaths([path]) : UsagePaths.Default;
        StripFields = [.. options.StripFields];
        Endpoints = options.Endpoints.Count == 0 ? ApiEndpoint.All : [.. ApiEndpoint.All.Where(endpoint => options.Endpoints.Contains(endpoint.Family))];
        _spoken = Endpoints.Select(endpoint => endpoint.Family).ToFrozenSet(StringComparer.Ordinal);

        string key = options.ApiKey ?? "";
        _root = (options.BaseUrl ?? throw new InvalidOperationException($"The provider '{name}' has no BaseUrl after validation.")).Trim().TrimEnd('/');
        _headers = [.. HeadersToSend(options, key)];
        _queryNames = options.Query.Keys.ToFrozenSet(StringComparer.Ordinal);
        _ownQuery = string.Join('&', options.Query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(Fill(pair.Value, key))}"));
        _addresses = ApiEndpoint.All.ToFrozenDictionary(endpoint => endpoint.Path, endpoint => AddressBelow(endpoint.Path), StringComparer.Ordinal);
        _mask = new CredentialMask(Secrets(options, key));
        ModelsAddress = AddressBelow(options.ModelsPath);
        HealthAddress = string.IsNullOrEmpty(options.HealthPath) ? null : AddressBelow(options.HealthPath);
    }

    public string Name { get; }

    public HttpMessageInvoker Client { get; }

    /// <summary>The calls it speaks.</summary>
    public IReadOnlyList<ApiEndpoint> Endpoints { get; }

    /// <summary>Whether usage may be asked for in a streamed call.</summary>
    public bool InjectUsage { get; }

    /// <summary>Where it reports usage.</summary>
    public UsagePaths UsagePaths { get; }

    /// <summary>Top-level fields of a request to leave out.</summary>
    public IReadOnlyList<string> StripFields { get; }

    public bool RewriteModel { get; }

    /// <summary>The field in which it takes a cap on the answer's tokens.</summary>
    public string OutputCapField { get; }

    public Uri ModelsAddress { get; }

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

    public bool Speaks(ApiEndpoint endpoint) => _spoken.Contains(endpoint.Family);

    /// <summary>Where a call goes: the base address, the call's path, and the caller's query with the provider's own parameters in it.</summary>
    /// <param name="endpoint">The call.</param>
    /// <param name="callerQuery">The caller's query as it came, with or without the question mark, or nothing.</param>
    public Uri Address(ApiEndpoint endpoint, string callerQuery) => Address(endpoint.Path, callerQuery);

    /// <summary>The same for any path below the base address.</summary>
    public Uri Address(string path, string callerQuery)
    {
        ReadOnlySpan<char> query = callerQuery.AsSpan().TrimStart('?');
        if (query.IsEmpty)
        {
            return _addresses.TryGetValue(path, out Uri? address) ? address : AddressBelow(path);
        }

        var parameters = new List<string>();
        foreach (Range range in query.Split('&'))
        {
            ReadOnlySpan<char> parameter = query[range];
            int end = parameter.IndexOf('=');
            string name = Uri.UnescapeDataString(parameter[..(end < 0 ? parameter.Length : end)]);
            if (!parameter.IsEmpty && !_queryNames.Contains(name) && name != AzureVersion)
            {
                parameters.Add(parameter.ToString());
            }
        }

        if (_ownQuery.Length > 0)
        {
            parameters.Add(_ownQuery);
        }

        string target = $"{_root}/{path}";
        return new Uri(parameters.Count == 0 ? target : $"{target}?{string.Join('&', parameters)}");
    }

    /// <summary>Puts the gateway's credential and the provider's other headers into a request, over whatever stood there.</summary>
    public void Authorize(HttpRequestMessage request)
    {
        foreach ((string name, string value) in _headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>UTF-8 text from this provider with credentials taken out; the very same memory where it holds none.</summary>
    public ReadOnlyMemory<byte> Mask(ReadOnlyMemory<byte> text) => _mask.Apply(text);

    public void Dispose() => Client.Dispose();

    private Uri AddressBelow(string path) => new($"{_root}/{path.TrimStart('/')}{(_ownQuery.Length > 0 ? "?" : "")}{_ownQuery}");

    private static IEnumerable<KeyValuePair<string, string>> HeadersToSend(ProviderOptions options, string key)
    {
        if (SendsBearer(options))
        {
            yield return new("Authorization", $"Bearer {key}");
        }

        foreach ((string name, string template) in options.Headers)
        {
            yield return new(name, Fill(template, key));
        }
    }

    private static bool SendsBearer(ProviderOptions options) =>
        !string.IsNullOrEmpty(options.ApiKey)
        && (options.Auth is { } auth ? auth == "bearer" : !options.Headers.Values.Concat(options.Query.Values).Any(HoldsKey));

    private static bool HoldsKey(string template) => template.Contains(KeyPlaceholder, StringComparison.Ordinal);

    private static string Fill(string template, string key) => template.Replace(KeyPlaceholder, key, StringComparison.Ordinal);

    /// <summary>The key, and what stands in headers and parameters that look like credentials by their name.</summary>
    private static IEnumerable<string> Secrets(ProviderOptions options, string key)
    {
        yield return key;
        foreach ((string name, string template) in options.Headers.Concat(options.Query))
        {
            if (!HoldsKey(template) && NamesCredential(name))
            {
                yield return template.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? template[7..].Trim() : template;
            }
        }
    }

    private static bool NamesCredential(string name) =>
        name.Contains("auth", StringComparison.OrdinalIgnoreCase) || name.Contains("key", StringComparison.OrdinalIgnoreCase)
        || name.Contains("token", StringComparison.OrdinalIgnoreCase) || name.Contains("secret", StringComparison.OrdinalIgnoreCase);
}
