using System.Net.WebSockets;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Realtime;

/// <summary>A provider that makes responses over a WebSocket. A word in the message chooses what becomes of it: <c>hang</c>, <c>refuse</c>, <c>silent</c> (no usage).</summary>
internal sealed class ResponsesProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private HttpContext? _last;
    private (WebSocket Socket, string Id)? _hung;
    private int _made;

    private ResponsesProvider(WebApplication app) => _app = app;

    public string BaseUrl => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.Single() + "/v1";

    public string? Path { get; private set; }

    public IHeaderDictionary? Headers { get; private set; }

    public List<string> Received { get; } = [];

    /// <summary>All that was sent, in its order.</summary>
    public List<string> Sent { get; } = [];

    /// <summary>Ends when a connection has ended on this side.</summary>
    public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public (long Input, long Output) Usage { get; set; } = (30, 12);

    public static async Task<ResponsesProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var provider = new ResponsesProvider(app);
        app.UseWebSockets();
        app.Run(provider.ServeAsync);
        await app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Breaks the last connection off.</summary>
    public void BreakOff() => _last?.Abort();

    /// <summary>Ends the response that hangs.</summary>
    public Task FinishAsync() => _hung is var (socket, id)
        ? SendAsync(socket, $$$$"""{"type":"response.completed","response":{"id":"{{{{id}}}}","usage":{"input_tokens":30,"output_tokens":12,"total_tokens":42}}}""")
        : throw new InvalidOperationException("No response hangs.");

    private async Task ServeAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = 404;
            return;
        }

        _last = http;
        Path = http.Request.Path;
        Headers = new HeaderDictionary(http.Request.Headers.ToDictionary(header => header.Key, header => header.Value));
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        try
        {
            while (await socket.NextAsync(http.RequestAborted) is { } heard)
            {
                Received.Add(heard);
                await AnswerAsync(socket, heard);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or OperationCanceledException)
        {
            // The gateway hung up.
        }
        finally
        {
            Gone.TrySetResult();
        }
    }

    private async Task AnswerAsync(WebSocket socket, string heard)
    {
        var asked = JsonSerializer.Deserialize<JsonElement>(heard);
        var lane = asked.TryGetProperty("stream_id", out var named) ? $",\"stream_id\":\"{named.GetString()}\"" : "";
        if (heard.Contains("refuse", StringComparison.Ordinal))
        {
            await SendAsync(socket, $$$"""{"type":"error","status":429{{{lane}}},"error":{"type":"tokens","code":"rate_limit_exceeded","message":"Slow down.","param":null}}""");
            return;
        }

        var id = $"resp_{Interlocked.Increment(ref _made)}";
        await SendAsync(socket, $$$"""{"type":"response.created"{{{lane}}},"response":{"id":"{{{id}}}","status":"in_progress","usage":null}}""");
        await SendAsync(socket, $$$"""{"type":"response.output_text.delta"{{{lane}}},"output_index":0,"content_index":0,"delta":"Hello there"}""");
        if (heard.Contains("hang", StringComparison.Ordinal))
        {
            _hung = (socket, id);
            return;
        }

        var usage = heard.Contains("silent", StringComparison.Ordinal)
            ? "null"
            : $$$"""{"input_tokens":{{{Usage.Input}}},"output_tokens":{{{Usage.Output}}},"total_tokens":{{{Usage.Input + Usage.Output}}},"input_tokens_details":{"cached_tokens":5}}""";
        await SendAsync(socket, $$$"""{ "type" : "response.completed"{{{lane}}},"response":{"id":"{{{id}}}","status":"completed","usage":{{{usage}}}}}""");
    }

    private async Task SendAsync(WebSocket socket, string message)
    {
        Sent.Add(message);
        await socket.SayAsync(message);
    }
}
