namespace Gateway.Console.SignIn;

/// <summary>The cookie that holds a session's token and nothing else.</summary>
internal static class SessionCookie
{
    public const string Name = "gateway_console";

    public static string? Read(HttpRequest request) => request.Cookies[Name];

    public static void Write(HttpContext http, string token) => http.Response.Cookies.Append(Name, token, Options(http.Request));

    public static void Clear(HttpContext http) => http.Response.Cookies.Delete(Name, Options(http.Request));

    /// <summary>Whether the browser speaks TLS. A proxy that took it off says so; who lies about it only keeps their own browser from sending the cookie.</summary>
    public static bool IsSecure(HttpRequest request) =>
        request.IsHttps || request.Headers["X-Forwarded-Proto"].ToString().StartsWith("https", StringComparison.OrdinalIgnoreCase);

    private static CookieOptions Options(HttpRequest request) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = IsSecure(request),
        Path = "/",
    };
}
