using System.Buffers;
using System.Text.RegularExpressions;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>What providers and models must hold together beyond each setting's own bounds. Every fault is one line that names the setting and says what is accepted; no line shows a credential.</summary>
internal static partial class RoutingCheck
{
    private const int MostTargets = 16;

    /// <summary>Names with a meaning of their own: the built-in provider, and metrics' word for "no provider".</summary>
    private static readonly string[] ReservedProviders = [ModelCatalog.EchoModel, "none"];

    /// <summary>Headers that belong to the body or the connection; setting them would break the request's framing.</summary>
    private static readonly string[] FramingHeaders =
        ["connection", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static IEnumerable<string> Faults(RoutingOptions options) =>
        options.Providers.SelectMany(pair => ProviderFaults($"Gateway:Providers:{pair.Key}", pair.Key, pair.Value)).Concat(ModelFaults(options))
            .Concat(FallbackCheck.Faults(options)).Concat(FilesFaults(options)).Concat(PriceFileFaults(options));

    private static IEnumerable<string> FilesFaults(RoutingOptions options)
    {
        if (options.FilesProvider is { } name && !options.Providers.ContainsKey(name))
        {
            yield return $"Gateway:FilesProvider = \"{name}\": a provider of Gateway:Providers is accepted.";
        }
    }

    private static IEnumerable<string> PriceFileFaults(RoutingOptions options)
    {
        if (string.IsNullOrEmpty(options.PriceFile))
        {
            return [];
        }

        try
        {
            ShippedPriceFile.Read(options.PriceFile);
            return [];
        }
        catch (InvalidDataException fault)
        {
            return [$"Gateway:PriceFile = \"{options.PriceFile}\": a file of prices is accepted; {fault.Message.TrimEnd('.')}."];
        }
    }

    private static IEnumerable<string> ProviderFaults(string path, string name, ProviderOptions provider)
    {
        if (!ProviderName().IsMatch(name))
        {
            yield return $"{path}: a provider's name of 1 to 64 letters, digits, dots, dashes and underscores is accepted.";
        }
        else if (ReservedProviders.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{path}: the name '{name}' is reserved; any other is accepted.";
        }

        if (!string.IsNullOrWhiteSpace(provider.BaseUrl) && UpstreamAddress.Fault(provider.BaseUrl, out _) is { } fault)
        {
            yield return $"{path}:BaseUrl: {fault}.";
        }

        if (provider.Kind == ProviderKind.AzureName && provider.BaseUrl?.Contains("/deployments", StringComparison.OrdinalIgnoreCase) is true)
        {
            yield return $"{path}:BaseUrl: the resource's address is accepted, such as https://NAME.openai.azure.com; deployments are named as a target's Model.";
        }

        if (provider.Kind != ProviderKind.AzureName && !string.IsNullOrEmpty(provider.ApiVersion))
        {
            yield return $"{path}:ApiVersion: only providers of the kind \"azure\" have one; leave it out, or put the parameter into Query.";
        }

        foreach (string line in CredentialCheck.Faults(path, provider).Concat(HeaderFaults(path, provider)).Concat(PathFaults(path, provider)))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> HeaderFaults(string path, ProviderOptions provider)
    {
        foreach ((string name, string template) in provider.Headers)
        {
            if (name.AsSpan().ContainsAnyExcept(TokenCharacters) || FramingHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)
                || name.StartsWith("content-", StringComparison.OrdinalIgnoreCase))
            {
                yield return $"{path}:Headers:{name}: a header's name is accepted, but for those of the body and the connection.";
            }

            if (template.Any(letter => letter is < ' ' or > '~'))
            {
                yield return $"{path}:Headers:{name}: a value of visible ASCII characters and spaces is accepted.";
            }
        }
    }

    private static IEnumerable<string> PathFaults(string path, ProviderOptions provider)
    {
        IReadOnlyList<string> known = ProviderKind.EveryEndpoint;
        for (int i = 0; i < provider.Endpoints.Count; i++)
        {
            if (!known.Contains(provider.Endpoints[i], StringComparer.Ordinal))
            {
                yield return $"{path}:Endpoints:{i} = \"{provider.Endpoints[i]}\": one of {string.Join(", ", known)} is accepted.";
            }
        }

        foreach ((string setting, string? value) in new[] { ("ModelsPath", provider.ModelsPath), ("HealthPath", provider.HealthPath) })
        {
            if (!string.IsNullOrEmpty(value) && !RelativePath().IsMatch(value))
            {
                yield return $"{path}:{setting} = \"{value}\": a path below BaseUrl without query is accepted, such as models.";
            }
        }

        for (int i = 0; i < provider.StripFields.Count; i++)
        {
            if (provider.StripFields[i] is "model" or "stream" or "")
            {
                yield return $"{path}:StripFields:{i} = \"{provider.StripFields[i]}\": any field but model and stream is accepted.";
            }
        }
    }

    private static IEnumerable<string> ModelFaults(RoutingOptions options)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < options.Models.Count; i++)
        {
            string path = $"Gateway:Models:{i}";
            ModelOptions model = options.Models[i];
            if (!string.IsNullOrEmpty(model.Name) && !seen.Add(model.Name))
            {
                yield return $"{path}:Name = \"{model.Name}\": a name that no other model has is accepted.";
            }

            if (model.Name is { Length: > 256 } || model.Name?.Any(char.IsControl) is true)
            {
                yield return $"{path}:Name: at most 256 characters without control characters are accepted.";
            }

            if (model.Targets.Count > MostTargets)
            {
                yield return $"{path}:Targets holds {model.Targets.Count} targets: at most {MostTargets} are accepted.";
            }

            for (int j = 0; j < model.Targets.Count; j++)
            {
                foreach (string line in TargetFaults($"{path}:Targets:{j}", model.Targets[j], options))
                {
                    yield return line;
                }
            }

            foreach (string line in TwinFaults(path, model))
            {
                yield return line;
            }

            if (model.Targets.Count > 0 && AddressedProvider(model.Name, options) is { } provider && !MeansTheSame(model, provider))
            {
                yield return $"{path}:Name = \"{model.Name}\": names that begin with '{provider}/' always address that provider directly; another name is accepted.";
            }
        }
    }

    private static IEnumerable<string> TargetFaults(string path, TargetOptions target, RoutingOptions options)
    {
        if (!string.IsNullOrEmpty(target.Provider) && !options.Providers.ContainsKey(target.Provider))
        {
            yield return options.Providers.Count == 0
                ? $"{path}:Provider = \"{target.Provider}\": Gateway:Providers is empty; a provider named there is accepted."
                : $"{path}:Provider = \"{target.Provider}\": a provider of Gateway:Providers is accepted: {string.Join(", ", options.Providers.Keys)}.";
        }

        if (target.Model?.Contains('*', StringComparison.Ordinal) is true)
        {
            yield return $"{path}:Model = \"{target.Model}\": a name without * is accepted; leave it out to pass on the asked name.";
        }
    }

    private static IEnumerable<string> TwinFaults(string path, ModelOptions model)
    {
        for (int i = 1; i < model.Targets.Count; i++)
        {
            TargetOptions target = model.Targets[i];
            int twin = model.Targets.FindIndex(other =>
                string.Equals(other.Provider, target.Provider, StringComparison.OrdinalIgnoreCase) && (other.Model ?? "") == (target.Model ?? ""));
            if (twin < i)
            {
                yield return $"{path}:Targets:{i} is the same as {path}:Targets:{twin}: a weight is accepted instead.";
            }
        }
    }

    private static string? AddressedProvider(string? name, RoutingOptions options)
    {
        int slash = name?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash > 0 && name is not null ? options.Providers.Keys.FirstOrDefault(provider => provider == name[..slash]) : null;
    }

    private static bool MeansTheSame(ModelOptions model, string provider) =>
        model.Targets.Count == 1 && string.Equals(model.Targets[0].Provider, provider, StringComparison.OrdinalIgnoreCase) && model.Name == $"{provider}/{model.Targets[0].Model}";

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ProviderName();

    [GeneratedRegex(@"^/?[A-Za-z0-9._~!$&'()*+,;=:@%-]+(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RelativePath();
}
