using Gateway.OpenAi;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Hosting;

/// <summary>
/// Refuses, on every route, what Kestrel lets through and another server on the way may understand otherwise: whoever
/// sends such a request wants two servers to disagree. Stands first in the pipeline, before routing.
/// </summary>
internal sealed class FramingChecks(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (request.Headers.TransferEncoding.Count > 0 && FindFramingFault(request) is { } framing)
        {
            // Where the body ends is in doubt, and so is what the next request on this connection is.
            return RefuseAndCloseAsync(http, framing);
        }

        if (request.Headers.Authorization.Count > 1)
        {
            return ErrorResponse.WriteAsync(http, GatewayError.InvalidRequest("The request has more than one Authorization header.", "authorization"));
        }

        if (HttpMethods.IsConnect(request.Method))
        {
            // What follows may be meant for the tunnel that is not opened.
            return RefuseAndCloseAsync(http, GatewayError.MethodNotAllowed(request.Method));
        }

        if (HttpMethods.IsTrace(request.Method))
        {
            return ErrorResponse.WriteAsync(http, GatewayError.MethodNotAllowed(request.Method));
        }

        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return RawTarget.FindFault(target) is { } fault
            ? ErrorResponse.WriteAsync(http, GatewayError.InvalidRequest(fault))
            : next(http);
    }

    private static GatewayError? FindFramingFault(HttpRequest request)
    {
        if (HttpProtocol.IsHttp10(request.Protocol))
        {
            return GatewayError.InvalidRequest("HTTP/1.0 has no Transfer-Encoding.");
        }

        if (request.Headers.TransferEncoding is not [{ } coding] || !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return GatewayError.InvalidRequest("The only Transfer-Encoding accepted is 'chunked'.");
        }

        // Kestrel obeys Transfer-Encoding and renames the other.
        return request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length")
            ? GatewayError.InvalidRequest("The request has both Content-Length and Transfer-Encoding.")
            : null;
    }

    private static Task RefuseAndCloseAsync(HttpContext http, GatewayError error)
    {
        http.Response.Headers.Connection = "close";
        return ErrorResponse.WriteAsync(http, error);
    }
}
