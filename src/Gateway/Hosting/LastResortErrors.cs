using System.Diagnostics.CodeAnalysis;
using Gateway.OpenAi;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Hosting;

/// <summary>What nothing else answered: exceptions become a plain 500 (their text goes to the log only), and routing's bare 404 and 405 get a body.</summary>
internal sealed partial class LastResortErrors(RequestDelegate next, ILogger<LastResortErrors> log)
{
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The last resort: a bug must become a 500 with an id, not a bare connection reset.")]
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (BadHttpRequestException bad)
        {
            await ErrorResponse.WriteAsync(http, FromParser(bad.StatusCode));
            return;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (ConnectionResetException)
        {
            // The caller is gone; without this Kestrel would try to send an empty answer.
            http.Abort();
            return;
        }
        catch (Exception unexpected)
        {
            Failed(log, unexpected, http.TraceIdentifier);
            if (http.Response.HasStarted)
            {
                http.Abort();
            }

            await ErrorResponse.WriteAsync(http, GatewayError.Internal());
            return;
        }

        if (!http.Response.HasStarted && http.Response.ContentType is null && Unanswered(http) is { } error)
        {
            await ErrorResponse.WriteAsync(http, error);
        }
    }

    private static GatewayError? Unanswered(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => GatewayError.UnknownUrl(http.Request.Method, http.Request.Path),
        StatusCodes.Status405MethodNotAllowed => GatewayError.MethodNotAllowed(http.Request.Method),
        StatusCodes.Status415UnsupportedMediaType => GatewayError.UnsupportedMediaType("The request's content type is not accepted here."),
        _ => null,
    };

    private static GatewayError FromParser(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => GatewayError.RequestTimeout(),
        StatusCodes.Status413PayloadTooLarge => new(status, "request_too_large", "invalid_request_error", "The request's body is too large."),
        _ => GatewayError.InvalidRequest("The request is not valid HTTP."),
    };

    [LoggerMessage(1001, LogLevel.Error, "Request {RequestId} failed unexpectedly")]
    private static partial void Failed(ILogger log, Exception exception, string requestId);
}
