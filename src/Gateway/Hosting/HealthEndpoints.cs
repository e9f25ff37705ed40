using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>What load balancers and orchestrators ask: does the process run, and can it serve?</summary>
internal static class HealthEndpoints
{
    public static Task Live(HttpContext http) => http.Response.WriteAsJsonAsync(new { status = "live" }, http.RequestAborted);

    /// <summary>503 names the failed part. While draining too, so that no new calls are sent here.</summary>
    public static Task Ready(HttpContext http)
    {
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;
        var database = http.RequestServices.GetRequiredService<StoreHealth>().IsHealthy;
        var ready = database && !stopping;
        http.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return http.Response.WriteAsJsonAsync(
            new { status = ready ? "ready" : "not_ready", checks = new { database = database ? "ok" : "unreachable", process = stopping ? "shutting_down" : "ok" } },
            http.RequestAborted);
    }
}
