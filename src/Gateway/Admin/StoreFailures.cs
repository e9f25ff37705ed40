using System.Data.Common;
using Gateway.OpenAi;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Admin;

/// <summary>An admin call needs the database: where that fails the call says so, instead of each handler.</summary>
internal sealed partial class StoreFailures(ILogger<StoreFailures> log) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception failure) when (failure is DbException or DbUpdateException && !context.HttpContext.Response.HasStarted)
        {
            LogFailed(failure, context.HttpContext.Request.Method, context.HttpContext.Request.Path);
            await ErrorResponse.WriteAsync(context.HttpContext, GatewayError.StoreUnavailable());
            return Results.Empty;
        }
    }

    [LoggerMessage(5002, LogLevel.Error, "The database failed under {Method} {Path}")]
    private partial void LogFailed(Exception failure, string method, string path);
}
