namespace Gateway.Providers;

/// <summary>What a provider's credentials and the ways they are sent must hold together. No line shows a credential.</summary>
internal static class CredentialCheck
{
    public static IEnumerable<string> Faults(string path, ProviderOptions provider)
    {
        bool hasKey = !string.IsNullOrEmpty(provider.ApiKey) || provider.ApiKeys.Count > 0;
        if (provider.ApiKey is { } key && KeySource.Fault(key) is { } fault)
        {
            yield return $"{path}:ApiKey: {fault}.";
        }

        for (int i = 0; i < provider.ApiKeys.Count; i++)
        {
            if (KeySource.Fault(provider.ApiKeys[i]) is { } keyFault)
            {
                yield return $"{path}:ApiKeys:{i}: {keyFault}.";
            }
        }

        if (provider.Auth == "bearer" && !hasKey)
        {
            yield return $"{path}:Auth = \"bearer\" needs {path}:ApiKey.";
        }

        foreach ((string section, Dictionary<string, string> templates) in new[] { ("Headers", provider.Headers), ("Query", provider.Query) })
        {
            foreach ((string name, string template) in templates)
            {
                if (KeyTemplate.HoldsKey(template) && !hasKey)
                {
                    yield return $"{path}:{section}:{name} holds {KeyTemplate.Placeholder}, which needs {path}:ApiKey.";
                }
            }
        }
    }
}
