using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>Gives every request the id that the ledger, the log and the caller (<c>x-request-id</c>) know it by. A caller's own id is not taken over.</summary>
internal sealed class RequestIdMiddleware(RequestDelegate next, TimeProvider time)
{
    public Task InvokeAsync(HttpContext http)
    {
        var id = RequestId.New(time).Value;
        http.TraceIdentifier = id;
        http.Response.Headers["x-request-id"] = id;
        return next(http);
    }
}
