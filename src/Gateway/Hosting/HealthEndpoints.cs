using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>What load balancers and orchestrators ask: does the process run, and can it serve?</summary>
internal static class HealthEndpoints
{
    public static Task Live(HttpContext http) => http.Response.WriteAsJsonAsync(new { status = "live" }, http.RequestAborted);

    /// <summary>
    /// 503 names the failed part. While draining too, so that no new calls are sent here. Redis is a part only where counters are kept there.
    /// A settings file that was refused is named, and no reason not to serve.
    /// </summary>
    public static Task Ready(HttpContext http)
    {
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;
        var database = http.RequestServices.GetRequiredService<StoreHealth>().IsHealthy;
        var refusal = http.RequestServices.GetRequiredService<SettingsState>().Refusal;
        var redis = http.RequestServices.GetService<RedisWatch>()?.IsHealthy;
        var ready = database && redis is not false && !stopping;
        http.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        var checks = new Dictionary<string, string> { ["database"] = Word(database), ["process"] = stopping ? "shutting_down" : "ok", ["settings"] = refusal is null ? "ok" : $"refused: {refusal}" };
        if (redis is { } answers)
        {
            checks["redis"] = Word(answers);
        }

        return http.Response.WriteAsJsonAsync(new { status = ready ? "ready" : "not_ready", checks }, http.RequestAborted);
    }

    private static string Word(bool isThere) => isThere ? "ok" : "unreachable";
}
