using Gateway.Admin;
using Gateway.Console;
using Gateway.OpenAi;
using Gateway.Proxy;

namespace Gateway.Hosting;

/// <summary>Every path the gateway answers, and who may call it. Anything under <c>/v1</c> needs a caller's key, known path or not.</summary>
internal static class Routes
{
    public static void Map(WebApplication app)
    {
        var realtime = app.Services.GetRequiredService<RealtimeEndpoint>();
        var responses = app.Services.GetRequiredService<ResponsesSocketEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        var key = app.Services.GetRequiredService<KeyEndpoint>();
        var count = app.Services.GetRequiredService<TokenCountEndpoint>();
        var feedback = app.Services.GetRequiredService<FeedbackEndpoint>();
        var unserved = app.Services.GetRequiredService<UnservedEndpoint>();
        var settings = app.Services.GetRequiredService<ProxyOptions>();

        // Some clients leave /v1 out of the base URL; Azure's have /openai before it, or instead of it.
        foreach (var prefix in (string[])["/v1", "", "/openai/v1", "/openai"])
        {
            foreach (var endpoint in ApiEndpoint.All)
            {
                var named = new NamedModel(null, settings.DefaultModels.Of(endpoint.DefaultModelName));
                Forwarded(app, unserved, $"{prefix}/{endpoint.Path}", endpoint, _ => named);
            }

            StoredResponses(app, unserved, prefix);
            FilesAndBatches(app, unserved, prefix);
            Socket(app, unserved, $"{prefix}/{ApiEndpoint.Realtime.Path}", realtime.HandleAsync);
            app.MapMethods($"{prefix}/{ApiEndpoint.Responses.Path}", ["GET"], http => UnservedEndpoint.IsUpgrade(http) ? responses.HandleAsync(http) : unserved.OtherMethodAsync(http, "POST"))
                .WithDisplayName("caller's key");
            Call(app, unserved, $"{prefix}/models", ("GET", models.ListAsync));
            Call(app, unserved, $"{prefix}/models/{{**id}}", ("GET", http => models.ShowAsync(http, Value(http, "id"))));
        }

        foreach (var prefix in (string[])["/v1", ""])
        {
            Call(app, unserved, $"{prefix}/key", ("GET", key.ShowAsync));
            Call(app, unserved, $"{prefix}/tokens/count", ("POST", count.HandleAsync));
            Call(app, unserved, $"{prefix}/feedback", ("POST", feedback.HandleAsync));
            foreach (var (path, provider) in settings.ExtraPaths)
            {
                var extra = ApiEndpoint.Extra(ExtraPath.Below(path), provider);
                Forwarded(app, unserved, $"{prefix}/{extra.Path}", extra, static _ => new NamedModel(null, ""));
            }
        }

        // Azure's older form names the model in the path.
        foreach (var endpoint in ApiEndpoint.All.Where(endpoint => endpoint.HasAzureForm))
        {
            Forwarded(app, unserved, $"/openai/deployments/{{model}}/{endpoint.Path}", endpoint, http => new NamedModel(Value(http, "model"), null));
        }

        app.Map("/v1/{**path}", unserved.UnknownAsync).WithDisplayName("caller's key: unknown path").WithOrder(int.MaxValue);
        app.Map("/openai/{**path}", unserved.UnknownAsync).WithDisplayName("caller's key: unknown path").WithOrder(int.MaxValue);

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

    /// <summary>A call whose body names its model, taken by the line that fits the body.</summary>
    private static void Forwarded(WebApplication app, UnservedEndpoint unserved, string path, ApiEndpoint endpoint, Func<HttpContext, NamedModel> named)
    {
        var proxy = app.Services.GetRequiredService<ProxyEndpoint>();
        var uploads = app.Services.GetRequiredService<UploadEndpoint>();
        if (endpoint.Body == BodyForm.Json)
        {
            Call(app, unserved, path, ("POST", http => proxy.HandleAsync(http, endpoint, named(http))));
        }
        else if (endpoint.Body == BodyForm.Multipart)
        {
            Call(app, unserved, path, ("POST", http => uploads.HandleAsync(http, endpoint, named(http))));
        }
    }

    private static void FilesAndBatches(WebApplication app, UnservedEndpoint unserved, string prefix)
    {
        var stored = app.Services.GetRequiredService<StoredEndpoint>();
        var lists = app.Services.GetRequiredService<StoredListEndpoint>();
        Call(app, unserved, $"{prefix}/files", ("POST", stored.CreateFileAsync), ("GET", http => lists.HandleAsync(http, ApiEndpoint.Files, OwnedKind.File)));
        Call(app, unserved, $"{prefix}/files/{{id}}", ("GET", File("")), ("DELETE", File("")));
        Call(app, unserved, $"{prefix}/files/{{id}}/content", ("GET", File("/content")));
        Call(app, unserved, $"{prefix}/batches", ("POST", stored.CreateBatchAsync), ("GET", http => lists.HandleAsync(http, ApiEndpoint.Batches, OwnedKind.Batch)));
        Call(app, unserved, $"{prefix}/batches/{{id}}", ("GET", Batch("")));
        Call(app, unserved, $"{prefix}/batches/{{id}}/cancel", ("POST", Batch("/cancel")));

        RequestDelegate File(string below) => http => stored.ByIdAsync(http, ApiEndpoint.Files, OwnedKind.File, Value(http, "id"), below);
        RequestDelegate Batch(string below) => http => stored.ByIdAsync(http, ApiEndpoint.Batches, OwnedKind.Batch, Value(http, "id"), below);
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

    /// <summary>The one call that is a WebSocket.</summary>
    private static void Socket(WebApplication app, UnservedEndpoint unserved, string path, RequestDelegate handler)
    {
        app.MapMethods(path, ["GET"], handler).WithDisplayName("caller's key");
        app.Map(path, http => unserved.OtherMethodAsync(http, "GET")).WithDisplayName("caller's key: other method");
    }

    /// <summary>A path of the API: what it answers to the methods it has, to every other one, and to a WebSocket.</summary>
    private static void Call(WebApplication app, UnservedEndpoint unserved, string path, params (string Method, RequestDelegate Handler)[] calls)
    {
        var allowed = string.Join(", ", calls.Select(call => call.Method));
        foreach (var (method, handler) in calls)
        {
            app.MapMethods(path, [method], method == "GET" ? http => UnservedEndpoint.IsUpgrade(http) ? unserved.OtherMethodAsync(http, allowed) : handler(http) : handler)
                .WithDisplayName("caller's key");
        }

        app.Map(path, http => unserved.OtherMethodAsync(http, allowed)).WithDisplayName("caller's key: other method");
    }
}
