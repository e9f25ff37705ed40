namespace Gateway.Console.SignIn;

/// <summary>
/// Whether a request came from the console's own pages. Browsers say so in <c>Sec-Fetch-Site</c> where the page is trustworthy to them,
/// and in <c>Origin</c> with every post and WebSocket; no page of another site can forge either. Who sends neither is no browser.
/// </summary>
internal static class SameOrigin
{
    private const string FetchSite = "Sec-Fetch-Site";

    public static bool IsForeign(HttpRequest request) => request.Headers[FetchSite].ToString() switch
    {
        "" => request.Headers.Origin.ToString() is { Length: > 0 } origin && !IsHere(origin, request.Host),
        "same-origin" or "none" => false,
        _ => true,
    };

    /// <summary>A link from elsewhere: SameSite=Strict kept the cookie back, though its owner may be signed in.</summary>
    public static bool IsForeignNavigation(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers[FetchSite].ToString() is "cross-site" or "same-site" && request.Headers["Sec-Fetch-Mode"] == "navigate";

    /// <summary>By host and port alone: a proxy in front may have taken off the TLS.</summary>
    private static bool IsHere(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(WithoutDefaultPort(host, uri), StringComparison.OrdinalIgnoreCase);

    private static string WithoutDefaultPort(HostString host, Uri origin) =>
        host.Port is { } port && origin.IsDefaultPort && port == origin.Port ? host.Host : host.Value ?? "";
}
