using Gateway.OpenAi;

namespace Gateway.Providers;

/// <summary>What is wrong with the models that models fall back to: names that lead nowhere, chains that are too long or come back to where they began.</summary>
internal static class FallbackCheck
{
    private const int MostFallbacks = 8;

    /// <summary>Models one behind the other. A caller does not wait for more.</summary>
    private const int LongestChain = 5;

    public static IEnumerable<string> Faults(RoutingOptions options)
    {
        for (int i = 0; i < options.Models.Count; i++)
        {
            ModelOptions model = options.Models[i];
            string path = $"Gateway:Models:{i}:Fallbacks";
            if (model.Fallbacks.Count > MostFallbacks)
            {
                yield return $"{path} holds {model.Fallbacks.Count} models: at most {MostFallbacks} are accepted.";
            }

            for (int j = 0; j < model.Fallbacks.Count; j++)
            {
                if (!LeadsSomewhere(model.Fallbacks[j], options))
                {
                    yield return $"{path}:{j} = \"{model.Fallbacks[j]}\": the name of a model of Gateway:Models is accepted, or provider/model.";
                }
            }

            List<string> chain = [model.Name ?? ""];
            if (FaultyChain(chain, options) is { } fault)
            {
                yield return $"{path}: {string.Join(" → ", chain)} {fault}.";
            }
        }
    }

    private static bool LeadsSomewhere(string name, RoutingOptions options)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return name.Length > 0 && !name.Contains('*', StringComparison.Ordinal)
            && (options.Models.Exists(model => model.Name is { } known && NamePattern.Matches(known, name))
                || (name == ModelCatalog.EchoModel && options.EchoModel)
                || (slash > 0 && slash < name.Length - 1 && options.Providers.Keys.Contains(name[..slash], StringComparer.Ordinal)));
    }

    /// <summary>Follows every chain that goes on from the last model of this one; where there is a fault the chain shows it.</summary>
    private static string? FaultyChain(List<string> chain, RoutingOptions options)
    {
        // Only whole names go on: what a pattern falls back to is for those who ask for it.
        foreach (string next in options.Models.Find(model => model.Name == chain[^1])?.Fallbacks ?? [])
        {
            bool comesBack = chain.Contains(next, StringComparer.Ordinal);
            chain.Add(next);
            if (comesBack)
            {
                return "comes back to where it was: fallbacks without a circle are accepted";
            }

            if (chain.Count > LongestChain)
            {
                return $"is too long: {LongestChain - 1} fallbacks one behind the other are accepted";
            }

            if (FaultyChain(chain, options) is { } fault)
            {
                return fault;
            }

            chain.RemoveAt(chain.Count - 1);
        }

        return null;
    }
}
