using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>Lets a call through that shows the admin key. Callers' keys are wrong keys here. While an address is locked out even the right key is refused: else guessing could go on.</summary>
internal sealed partial class AdminAuth(AdminKey key, AdminLockout lockout, ILogger<AdminAuth> log) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (Refuse(http) is { } refusal)
        {
            await ErrorResponse.WriteAsync(http, refusal);
            return Results.Empty;
        }

        return await next(context);
    }

    /// <returns>Why this request may not do what needs the admin key; null where it may.</returns>
    public GatewayError? Refuse(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        if (lockout.LockedFor(address) is { } wait)
        {
            return GatewayError.TooManyWrongKeys(wait);
        }

        var header = http.Request.Headers.Authorization.ToString();
        var presented = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
        if (presented.Length == 0)
        {
            return GatewayError.AdminKeyRequired();
        }

        if (!key.Matches(presented))
        {
            lockout.Failed(address);
            LogWrongKey(address?.ToString());
            return GatewayError.AdminKeyRequired();
        }

        lockout.Succeeded(address);
        return null;
    }

    [LoggerMessage(5001, LogLevel.Warning, "A wrong admin key came from {Address}")]
    private partial void LogWrongKey(string? address);
}
