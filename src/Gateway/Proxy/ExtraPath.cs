namespace Gateway.Proxy;

/// <summary>A path that settings map to a provider.</summary>
internal static class ExtraPath
{
    private const string Version = "/v1/";

    /// <summary>The path below <c>/v1</c>, as the provider knows it and the ledger names it.</summary>
    public static string Below(string path) => path.StartsWith(Version, StringComparison.OrdinalIgnoreCase) ? path[Version.Length..] : path.TrimStart('/');
}
