using System.Collections.Frozen;

namespace Gateway.Hosting;

/// <summary>Settings that the documents name and a later version brings. Not accepted silently, but told apart from misspelt ones. A star stands for any one name or number.</summary>
internal static class LaterSettings
{
    private static readonly FrozenSet<string> Paths = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Gateway:Metrics:GenAi",
        "Gateway:Metrics:Teams");

    public static bool Hold(string path) => Paths.Contains(path);
}
