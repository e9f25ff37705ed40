namespace Gateway.Providers;

/// <summary>A credential as requests carry it, made once.</summary>
/// <param name="Headers">The headers that hold it, and the provider's others.</param>
/// <param name="BearerHeaders">The same where it goes as a bearer token, whatever its kind has.</param>
/// <param name="Query">The parameters that hold it, or nothing.</param>
/// <param name="Secrets">What must never be shown.</param>
internal sealed record KeyForm(KeyValuePair<string, string>[] Headers, KeyValuePair<string, string>[] BearerHeaders, string Query, IReadOnlyList<string> Secrets)
{
    /// <param name="options">The settings that say how it is sent.</param>
    /// <param name="key">The credential; empty where there is none.</param>
    public static KeyForm Of(ProviderOptions options, string key)
    {
        KeyValuePair<string, string>[] templates = [.. options.Headers.Select(pair => KeyValuePair.Create(pair.Key, KeyTemplate.Fill(pair.Value, key)))];
        KeyValuePair<string, string>? bearer = SendsKey(options) ? new("Authorization", $"Bearer {key}") : null;
        KeyValuePair<string, string>? usual = bearer is not null && options.Auth is null && ProviderKind.Of(options.Kind).KeyHeader is { } header ? new(header, key) : bearer;
        return new KeyForm(
            [.. Some(usual), .. templates],
            [.. Some(bearer), .. templates],
            string.Join('&', options.Query.Where(pair => KeyTemplate.HoldsKey(pair.Value)).Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(KeyTemplate.Fill(pair.Value, key))}")),
            [.. SecretsOf(options, key)]);
    }

    private static IEnumerable<KeyValuePair<string, string>> Some(KeyValuePair<string, string>? header) => header is { } some ? [some] : [];

    private static bool SendsKey(ProviderOptions options) =>
        (!string.IsNullOrEmpty(options.ApiKey) || options.ApiKeys.Count > 0)
        && (options.Auth is { } auth ? auth == "bearer" : !options.Headers.Values.Concat(options.Query.Values).Any(KeyTemplate.HoldsKey));

    /// <summary>The key, and what stands in headers and parameters that look like credentials by their name.</summary>
    private static IEnumerable<string> SecretsOf(ProviderOptions options, string key)
    {
        yield return key;
        foreach ((string name, string template) in options.Headers.Concat(options.Query))
        {
            if (!KeyTemplate.HoldsKey(template) && NamesCredential(name))
            {
                yield return template.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? template[7..].Trim() : template;
            }
        }
    }

    private static bool NamesCredential(string name) =>
        name.Contains("auth", StringComparison.OrdinalIgnoreCase) || name.Contains("key", StringComparison.OrdinalIgnoreCase)
        || name.Contains("token", StringComparison.OrdinalIgnoreCase) || name.Contains("secret", StringComparison.OrdinalIgnoreCase);
}
