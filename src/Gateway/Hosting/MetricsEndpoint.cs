using System.Net;
using Gateway.Admin;
using Gateway.OpenAi;

namespace Gateway.Hosting;

/// <summary><c>GET /metrics</c>: open on loopback, else with the admin key, unless <c>Gateway:Metrics:Public</c>.</summary>
internal static class MetricsEndpoint
{
    public static void Map(WebApplication app)
    {
        var isPublic = app.Configuration.GetValue<bool>("Gateway:Metrics:Public");
        var admin = app.Services.GetRequiredService<AdminAuth>();
        app.MapPrometheusScrapingEndpoint("/metrics")
            .WithDisplayName("loopback or admin key")
            .Add(endpoint =>
            {
                var scrape = endpoint.RequestDelegate ?? throw new InvalidOperationException("The metrics endpoint has no handler.");
                endpoint.RequestDelegate = http => isPublic || IsLoopback(http) ? scrape(http) : GuardedAsync(http, admin, scrape);
            });
    }

    private static bool IsLoopback(HttpContext http) => http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);

    private static Task GuardedAsync(HttpContext http, AdminAuth admin, RequestDelegate scrape) =>
        admin.Refuse(http) is { } error ? ErrorResponse.WriteAsync(http, error) : scrape(http);
}
