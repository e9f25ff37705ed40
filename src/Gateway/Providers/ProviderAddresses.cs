using System.Collections.Frozen;

namespace Gateway.Providers;

/// <summary>Where a provider's calls go: the base address, the call's path as its kind has it, and the caller's query with the provider's own parameters in it.</summary>
internal sealed class ProviderAddresses
{
    private const string ApiVersion = "api-version";
    private const string Realtime = "realtime";
    private const string AzureV1 = "/openai/v1";
    private const string AzureClassic = "/openai";

    /// <summary>Calls that Azure's dated versions have below a deployment; the others are below the resource and name it in the body.</summary>
    private static readonly FrozenSet<string> OfDeployment = FrozenSet.Create(
        StringComparer.Ordinal,
        "chat/completions", "completions", "embeddings", "images/generations", "images/edits", "audio/speech", "audio/transcriptions", "audio/translations");

    private readonly string _base;
    private readonly string _root;
    private readonly bool _isByDeployment;
    private readonly string _ownQuery;
    private readonly FrozenSet<string> _ownNames;
    private readonly FrozenDictionary<string, Uri> _fixed;

    /// <param name="options">Validated settings.</param>
    public ProviderAddresses(ProviderOptions options)
    {
        _base = (options.BaseUrl ?? throw new InvalidOperationException("A provider has no BaseUrl after validation.")).Trim().TrimEnd('/');
        _isByDeployment = IsByDeployment(options);
        _root = Root(options.Kind, _base, _isByDeployment);

        // Those with the credential in them are added with it; here the caller's of the same name are left out.
        List<KeyValuePair<string, string>> own = [.. options.Query.Where(pair => !KeyTemplate.HoldsKey(pair.Value))];
        if (options.ApiVersion is { Length: > 0 } version && !options.Query.ContainsKey(ApiVersion))
        {
            own.Add(new(ApiVersion, version));
        }

        _ownQuery = string.Join('&', own.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));

        // Azure's clients send a version to whatever they take for Azure. To others it means nothing, and Azure's own is a setting.
        _ownNames = options.Query.Keys.Append(ApiVersion).ToFrozenSet(StringComparer.Ordinal);
        _fixed = ProviderKind.EveryEndpoint
            .Where(path => path != Realtime && !(_isByDeployment && OfDeployment.Contains(path)))
            .ToFrozenDictionary(path => path, path => new Uri(WithQuery($"{_root}/{path}", _ownQuery)), StringComparer.Ordinal);
    }

    /// <summary>Whether Azure's settings name a dated version, which has deployments in its paths; the newer form has the version in the base address.</summary>
    public static bool IsByDeployment(ProviderOptions options) =>
        options.Kind == ProviderKind.AzureName
        && options.ApiVersion is { Length: > 0 } version && char.IsAsciiDigit(version[0])
        && options.BaseUrl?.Trim().TrimEnd('/').EndsWith(AzureV1, StringComparison.OrdinalIgnoreCase) is false;

    /// <summary>Where a call goes.</summary>
    /// <param name="path">The call's path below <c>/v1</c>.</param>
    /// <param name="model">The provider's name for the model, or the deployment's; null where the call names none.</param>
    /// <param name="callerQuery">The caller's query as it came, with or without the question mark, or nothing.</param>
    public Uri Call(string path, string? model, string callerQuery)
    {
        ReadOnlySpan<char> query = callerQuery.AsSpan().TrimStart('?');
        if (query.IsEmpty && _fixed.TryGetValue(path, out Uri? address))
        {
            return address;
        }

        bool namesModel = path == Realtime && model is not null;
        List<string> parameters = Kept(query, namesModel);
        if (namesModel)
        {
            parameters.Add($"{(_isByDeployment ? "deployment" : "model")}={Uri.EscapeDataString(model ?? "")}");
        }

        if (_ownQuery.Length > 0)
        {
            parameters.Add(_ownQuery);
        }

        string below = _isByDeployment && model is not null && OfDeployment.Contains(path) ? $"deployments/{Segment(model)}/{path}" : path;
        return new Uri(WithQuery($"{_root}/{below}", string.Join('&', parameters)));
    }

    /// <summary>A path of the settings: below the base address, or from the host where it begins with a slash.</summary>
    public Uri Below(string path) => path.StartsWith('/')
        ? new Uri(new Uri(_base), WithQuery(path, _ownQuery))
        : new Uri(WithQuery($"{_root}/{path}", _ownQuery));

    private static string Root(string kind, string address, bool isByDeployment)
    {
        switch (kind)
        {
            case ProviderKind.AnthropicName:
                return address.EndsWith("/v1", StringComparison.OrdinalIgnoreCase) ? address : $"{address}/v1";
            case ProviderKind.AzureName:
                string resource = new[] { AzureV1, AzureClassic }.FirstOrDefault(end => address.EndsWith(end, StringComparison.OrdinalIgnoreCase)) is { } written
                    ? address[..^written.Length]
                    : address;
                return resource + (isByDeployment ? AzureClassic : AzureV1);
            default:
                return address;
        }
    }

    /// <summary>A name as one segment of a path. One of dots alone, which no deployment has, would lead out of its place.</summary>
    private static string Segment(string model) => model.All(letter => letter == '.') ? "_" : Uri.EscapeDataString(model);

    private static string WithQuery(string target, string query) =>
        query.Length == 0 ? target : $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}";

    private List<string> Kept(ReadOnlySpan<char> query, bool withoutModel)
    {
        var parameters = new List<string>();
        foreach (Range range in query.Split('&'))
        {
            ReadOnlySpan<char> parameter = query[range];
            int end = parameter.IndexOf('=');
            string name = Uri.UnescapeDataString(parameter[..(end < 0 ? parameter.Length : end)]);
            if (!parameter.IsEmpty && !_ownNames.Contains(name) && !(withoutModel && (name is "model" or "deployment")))
            {
                parameters.Add(parameter.ToString());
            }
        }

        return parameters;
    }
}
