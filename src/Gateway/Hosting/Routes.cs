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
        var uploads = app.Services.GetRequiredService<UploadEndpoint>();
        var stored = app.Services.GetRequiredService<StoredEndpoint>();
        var lists = app.Services.GetRequiredService<StoredListEndpoint>();
        var realtime = app.Services.GetRequiredService<RealtimeEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        var key = app.Services.GetRequiredService<KeyEndpoint>();
        var count = app.Services.GetRequiredService<TokenCountEndpoint>();
        var unserved = app.Services.GetRequiredService<UnservedEndpoint>();

        // Some clients leave /v1 out of the base URL.
        foreach (var prefix in (string[])["/v1", ""])
        {
            foreach (var endpoint in ApiEndpoint.All.Where(endpoint => endpoint.Body == BodyForm.Json))
            {
                Call(app, "POST", $"{prefix}/{endpoint.Path}", http => proxy.HandleAsync(http, endpoint), unserved);
            }

            foreach (var endpoint in ApiEndpoint.All.Where(endpoint => endpoint.Body == BodyForm.Multipart))
            {
                Call(app, "POST", $"{prefix}/{endpoint.Path}", http => uploads.HandleAsync(http, endpoint), unserved);
            }

            Calls(app, $"{prefix}/files", unserved, ("POST", stored.CreateFileAsync), ("GET", http => lists.HandleAsync(http, ApiEndpoint.Files, OwnedKind.File)));
            Calls(app, $"{prefix}/files/{{id}}", unserved, ("GET", http => stored.ByIdAsync(http, ApiEndpoint.Files, OwnedKind.File, Id(http), "")), ("DELETE", http => stored.ByIdAsync(http, ApiEndpoint.Files, OwnedKind.File, Id(http), "")));
            Calls(app, $"{prefix}/files/{{id}}/content", unserved, ("GET", http => stored.ByIdAsync(http, ApiEndpoint.Files, OwnedKind.File, Id(http), "/content")));
            Calls(app, $"{prefix}/batches", unserved, ("POST", stored.CreateBatchAsync), ("GET", http => lists.HandleAsync(http, ApiEndpoint.Batches, OwnedKind.Batch)));
            Calls(app, $"{prefix}/batches/{{id}}", unserved, ("GET", http => stored.ByIdAsync(http, ApiEndpoint.Batches, OwnedKind.Batch, Id(http), "")));
            Calls(app, $"{prefix}/batches/{{id}}/cancel", unserved, ("POST", http => stored.ByIdAsync(http, ApiEndpoint.Batches, OwnedKind.Batch, Id(http), "/cancel")));

            Call(app, "GET", $"{prefix}/realtime", realtime.HandleAsync, unserved);
            Call(app, "GET", $"{prefix}/models", models.ListAsync, unserved);
            Call(app, "GET", $"{prefix}/models/{{**id}}", http => models.ShowAsync(http, (string?)http.GetRouteValue("id") ?? ""), unserved);
            Call(app, "GET", $"{prefix}/key", key.ShowAsync, unserved);
            Call(app, "POST", $"{prefix}/tokens/count", count.HandleAsync, unserved);
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
    }

    private static void Open(WebApplication app, string[] methods, string path, RequestDelegate handler) =>
        app.MapMethods(path, methods, handler).WithDisplayName("open");

    private static string Id(HttpContext http) => (string?)http.GetRouteValue("id") ?? "";

    private static void Call(WebApplication app, string method, string path, RequestDelegate handler, UnservedEndpoint unserved) => Calls(app, path, unserved, (method, handler));

    /// <summary>Calls of the API on one path, and beside them what it answers to every other method.</summary>
    private static void Calls(WebApplication app, string path, UnservedEndpoint unserved, params (string Method, RequestDelegate Handler)[] calls)
    {
        foreach (var (method, handler) in calls)
        {
            app.MapMethods(path, [method], handler).WithDisplayName("caller's key");
        }

        var allowed = string.Join(", ", calls.Select(call => call.Method));
        app.MapMethods(path, EveryMethod.Where(other => calls.All(call => call.Method != other)), http => unserved.OtherMethodAsync(http, allowed)).WithDisplayName("caller's key: other method");
    }
}
