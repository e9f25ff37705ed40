using System.Diagnostics;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>Gives every request the id that the ledger, the log and the caller (<c>x-request-id</c>) know it by. A caller's own id is not taken over.</summary>
internal sealed class RequestIdMiddleware(RequestDelegate next, RequestIds ids)
{
    public Task InvokeAsync(HttpContext http)
    {
        var id = ids.Next().Value;
        http.TraceIdentifier = id;
        http.Response.Headers["x-request-id"] = id;
        Activity.Current?.SetTag("gateway.request_id", id);
        if (ErrorResponse.IsAnthropic(http.Request.Path))
        {
            // The name that Anthropic's clients look for.
            http.Response.Headers["request-id"] = id;
        }

        return next(http);
    }
}
