using System.Text.RegularExpressions;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>What the mapped paths must hold beyond each setting's own bounds. Every fault is one line that names the setting and says what is accepted.</summary>
internal static partial class ProxyCheck
{
    /// <summary>What the gateway answers itself.</summary>
    private static readonly string[] OwnRoots = ["admin", "api", "console", "docs", "health", "metrics", "openai", "openapi"];

    private static readonly string[] OwnCalls = ["audio", "batches", "feedback", "files", "images", "key", "models", "realtime", "tokens"];

    public static IEnumerable<string> Faults(ProxyOptions options, RoutingOptions routing)
    {
        foreach (var (path, provider) in options.ExtraPaths)
        {
            var setting = $"Gateway:ExtraPaths:{path}";
            if (!Path().IsMatch(path) || IsTaken(ExtraPath.Below(path)))
            {
                yield return $"{setting}: a path such as /v1/rerank is accepted that the gateway does not serve itself.";
            }

            if (!routing.Providers.ContainsKey(provider))
            {
                yield return $"{setting} = \"{provider}\": a provider of Gateway:Providers is accepted.";
            }
        }
    }

    private static bool IsTaken(string below)
    {
        var first = below.Split('/')[0];
        return OwnRoots.Contains(first, StringComparer.OrdinalIgnoreCase) || OwnCalls.Contains(first, StringComparer.OrdinalIgnoreCase)
            || ApiEndpoint.All.Any(known => string.Equals(known.Family.Split('/')[0], first, StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Path();
}
