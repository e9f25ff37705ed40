using Gateway.Admin;
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
        var unserved = app.Services.GetRequiredService<UnservedEndpoint>();
        var settings = app.Services.GetRequiredService<ProxyOptions>();

        // Some clients leave /v1 out of the base URL; Azure's have /openai before it, or instead of it.
        foreach (var prefix in (string[])["/v1", "", "/openai/v1", "/openai"])
        {
            foreach (var endpoint in ApiEndpoint.All)
            {
                var named = new NamedModel(null, settings.DefaultModels.Of(endpoint.DefaultModelName));
                Call(app, unserved, $"{prefix}/{endpoint.Path}", ("POST", http => proxy.HandleAsync(http, endpoint, named)));
            }

            StoredResponses(app, unserved, prefix);
            Call(app, unserved, $"{prefix}/models", ("GET", models.ListAsync));
            Call(app, unserved, $"{prefix}/models/{{**id}}", ("GET", http => models.ShowAsync(http, Value(http, "id"))));
        }

        foreach (var prefix in (string[])["/v1", ""])
        {
            Call(app, unserved, $"{prefix}/key", ("GET", key.ShowAsync));
            Call(app, unserved, $"{prefix}/tokens/count", ("POST", count.HandleAsync));
            foreach (var (path, provider) in settings.ExtraPaths)
            {
                var extra = ApiEndpoint.Extra(ExtraPath.Below(path), provider);
                Call(app, unserved, $"{prefix}/{extra.Path}", ("POST", http => proxy.HandleAsync(http, extra, new NamedModel(null, ""))));
            }
        }

        // Azure's older form names the model in the path.
        foreach (var endpoint in ApiEndpoint.All.Where(endpoint => endpoint.HasAzureForm))
        {
            Call(app, unserved, $"/openai/deployments/{{model}}/{endpoint.Path}", ("POST", http => proxy.HandleAsync(http, endpoint, new NamedModel(Value(http, "model"), null))));
        }

        app.Map("/v1/{**path}", unserved.UnknownAsync).WithDisplayName("caller's key: unknown path").WithOrder(int.MaxValue);
        app.Map("/openai/{**path}", unserved.UnknownAsync).WithDisplayName("caller's key: unknown path").WithOrder(int.MaxValue);

        // Nobody's key: health checks come from load balancers, some of which ask for the head alone.
        Open(app, ["GET", "HEAD"], "/health/live", HealthEndpoints.Live);
        Open(app, ["GET", "HEAD"], "/health/ready", HealthEndpoints.Ready);

        // What Claude Code asks before its first call, to see whether anyone is there.
        Open(app, ["HEAD"], "/", static _ => Task.CompletedTask);
        Open(app, ["HEAD"], "/api/hello", static _ => Task.CompletedTask);

        // Loopback or the admin key.
        MetricsEndpoint.Map(app);

        // The admin key.
        AdminRoutes.Map(app);
    }

    private static void StoredResponses(WebApplication app, UnservedEndpoint unserved, string prefix)
    {
        var stored = app.Services.GetRequiredService<StoredResponseEndpoint>();
        Call(app, unserved, $"{prefix}/responses/{{id}}", ("GET", Whole), ("DELETE", Whole));
        Call(app, unserved, $"{prefix}/responses/{{id}}/cancel", ("POST", http => stored.HandleAsync(http, Value(http, "id"), "/cancel")));
        Call(app, unserved, $"{prefix}/responses/{{id}}/input_items", ("GET", http => stored.HandleAsync(http, Value(http, "id"), "/input_items")));

        Task Whole(HttpContext http) => stored.HandleAsync(http, Value(http, "id"), "");
    }

    private static string Value(HttpContext http, string name) => (string?)http.GetRouteValue(name) ?? "";

    private static void Open(WebApplication app, string[] methods, string path, RequestDelegate handler) =>
        app.MapMethods(path, methods, handler).WithDisplayName("open");

    /// <summary>A path of the API: what it answers to the methods it has, to every other one, and to a WebSocket.</summary>
    private static void Call(WebApplication app, UnservedEndpoint unserved, string path, params (string Method, RequestDelegate Handler)[] calls)
    {
        var allowed = string.Join(", ", calls.Select(call => call.Method));
        foreach (var (method, handler) in calls)
        {
            app.MapMethods(path, [method], method == "GET" ? http => UnservedEndpoint.IsUpgrade(http) ? unserved.OtherMethodAsync(http, allowed) : handler(http) : handler)
                .WithDisplayName("caller's key");
        }

        app.MapMethods(path, EveryMethod.Where(other => !calls.Any(call => call.Method == other)), http => unserved.OtherMethodAsync(http, allowed))
            .WithDisplayName("caller's key: other method");
    }
}
