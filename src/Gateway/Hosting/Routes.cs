using Gateway.Admin;
using Gateway.Console;
using Gateway.OpenAi;
using Gateway.Proxy;

namespace Gateway.Hosting;

/// <summary>Every path the gateway answers, and who may call it. Anything under <c>/v1</c> needs a caller's key, known path or not.</summary>
internal static class Routes
{
    private static readonly string[] EveryMethod = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public static void Map(WebApplication app)
    {
        var proxy = app.Services.GetRequiredService<ProxyEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        var key = app.Services.GetRequiredService<KeyEndpoint>();
        var count = app.Services.GetRequiredService<TokenCountEndpoint>();
        var feedback = app.Services.GetRequiredService<FeedbackEndpoint>();
        var unserved = app.Services.GetRequiredService<UnservedEndpoint>();

        // Some clients leave /v1 out of the base URL.
        foreach (var prefix in (string[])["/v1", ""])
        {
            foreach (var endpoint in ApiEndpoint.All)
            {
                Call(app, "POST", $"{prefix}/{endpoint.Path}", http => proxy.HandleAsync(http, endpoint), unserved);
            }

            Call(app, "GET", $"{prefix}/models", models.ListAsync, unserved);
            Call(app, "GET", $"{prefix}/models/{{**id}}", http => models.ShowAsync(http, (string?)http.GetRouteValue("id") ?? ""), unserved);
            Call(app, "GET", $"{prefix}/key", key.ShowAsync, unserved);
            Call(app, "POST", $"{prefix}/tokens/count", count.HandleAsync, unserved);
            Call(app, "POST", $"{prefix}/feedback", feedback.HandleAsync, unserved);
        }

        app.Map("/v1/{**path}", unserved.UnknownAsync).WithDisplayName("caller's key: unknown path").WithOrder(int.MaxValue);

        // Nobody's key: health checks come from load balancers, some of which ask for the head alone.
        Open(app, ["GET", "HEAD"], "/health/live", HealthEndpoints.Live);
        Open(app, ["GET", "HEAD"], "/health/ready", HealthEndpoints.Ready);

        // What Claude Code asks before its first call, to see whether anyone is there.
        Open(app, ["HEAD"], "/", static _ => Task.CompletedTask);
        Open(app, ["HEAD"], "/api/hello", static _ => Task.CompletedTask);

        // Holds no secret, and is read before anyone has a key.
        var document = new ApiDocument();
        Open(app, ["GET", "HEAD"], "/openapi/v1.json", document.JsonAsync);
        Open(app, ["GET", "HEAD"], "/docs", document.PageAsync);

        // Loopback or the admin key.
        MetricsEndpoint.Map(app);

        // The admin key.
        AdminRoutes.Map(app);

        // A console session, which the admin key opens.
        ConsoleRoutes.Map(app);
    }

    private static void Open(WebApplication app, string[] methods, string path, RequestDelegate handler) =>
        app.MapMethods(path, methods, handler).WithDisplayName("open");

    /// <summary>A call of the API, and beside it what the same path answers to every other method.</summary>
    private static void Call(WebApplication app, string method, string path, RequestDelegate handler, UnservedEndpoint unserved)
    {
        app.MapMethods(path, [method], handler).WithDisplayName("caller's key");
        app.MapMethods(path, EveryMethod.Where(other => other != method), http => unserved.OtherMethodAsync(http, method)).WithDisplayName("caller's key: other method");
    }
}
