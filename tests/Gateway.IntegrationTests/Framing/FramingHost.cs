using Gateway.Hosting;
using Gateway.OpenAi;
using Gateway.Proxy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Framing;

/// <summary>A real Kestrel with nothing in it but the framing checks, and behind them a route that reads the body as the proxy does.</summary>
internal sealed class FramingHost : IAsyncDisposable
{
    public const int MaxBytes = 1000;

    private readonly WebApplication _app;

    private FramingHost(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    public static async Task<FramingHost> StartAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        app.UseMiddleware<FramingChecks>();
        app.Run(AnswerAsync);
        await app.StartAsync(cancel);
        return new FramingHost(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext http)
    {
        var outcome = await RequestBody.ReadAsync(http.Request.Body, http.Request.ContentLength, MaxBytes, http.RequestAborted);
        if (!outcome.TryGet(out var body, out var error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        using (body)
        {
            await http.Response.WriteAsync($"{http.Request.Method} {http.Request.Path.Value} {body.Memory.Length}", http.RequestAborted);
        }
    }
}
