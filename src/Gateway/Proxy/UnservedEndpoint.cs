using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>What callers get where nothing is served. Only with a valid key: to all others every path looks the same.</summary>
internal sealed class UnservedEndpoint(CallerKey caller)
{
    /// <summary>Codex tries a WebSocket first; 426 makes it send a POST at once, any other status costs it seconds of retries.</summary>
    public static bool IsUpgrade(HttpContext http) =>
        HttpMethods.IsGet(http.Request.Method) && string.Equals(http.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase);

    public Task UnknownAsync(HttpContext http) =>
        RefuseAsync(http, IsUpgrade(http) ? GatewayError.UpgradeNotSupported() : GatewayError.UnknownUrl(http.Request.Method, http.Request.Path));

    public Task OtherMethodAsync(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        return RefuseAsync(http, IsUpgrade(http) ? GatewayError.UpgradeNotSupported() : GatewayError.MethodNotAllowed(http.Request.Method));
    }

    private async Task RefuseAsync(HttpContext http, GatewayError error)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out _, out var unknown))
        {
            error = unknown;
        }

        await ErrorResponse.WriteAsync(http, error);
    }
}
