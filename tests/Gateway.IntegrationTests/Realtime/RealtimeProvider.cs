using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Realtime;

/// <summary>A provider of realtime sessions: each <c>response.create</c> is answered by a response with the usage that the test says.</summary>
internal sealed class RealtimeProvider : IAsyncDisposable
{
    public const string Created = """{"type":"session.created","session":{"id":"sess_1"}}""";

    private readonly WebApplication _app;

    private RealtimeProvider(WebApplication app) => _app = app;

    public string BaseUrl => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.Single() + "/v1";

    public string? Query { get; private set; }

    public IHeaderDictionary? Headers { get; private set; }

    public IList<string> Protocols { get; private set; } = [];

    public List<string> Received { get; } = [];

    /// <summary>Ends when the session has ended on this side.</summary>
    public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public (long Input, long Output) Usage { get; set; } = (30, 12);

    /// <summary>What the transcription of audio uses.</summary>
    public (long Input, long Output) Heard { get; set; } = (0, 0);

    public static async Task<RealtimeProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var provider = new RealtimeProvider(app);
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

    private async Task ServeAsync(HttpContext http)
    {
        Query = http.Request.QueryString.Value;
        Headers = new HeaderDictionary(http.Request.Headers.ToDictionary(header => header.Key, header => header.Value));
        Protocols = http.WebSockets.WebSocketRequestedProtocols;
        if (Query?.Contains("unauthorized", StringComparison.Ordinal) is true)
        {
            http.Response.StatusCode = 401;
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync(Protocols.FirstOrDefault());
        try
        {
            await socket.SayAsync(Created);
            while (await socket.HearAsync() is { } heard)
            {
                Received.Add(heard);
                if (heard.Contains("cut", StringComparison.Ordinal))
                {
                    http.Abort();
                    return;
                }

                if (heard.Contains("input_audio_buffer.commit", StringComparison.Ordinal))
                {
                    await socket.SayAsync("""{"type":"input_audio_buffer.committed","item_id":"item_1"}""");
                    await socket.SayAsync($$"""{"type":"conversation.item.input_audio_transcription.completed","item_id":"item_1","transcript":"Hi","usage":{"type":"tokens","input_tokens":{{Heard.Input}},"output_tokens":{{Heard.Output}},"total_tokens":{{Heard.Input + Heard.Output}} } }""");
                }
                else if (heard.Contains("response.create", StringComparison.Ordinal))
                {
                    await socket.SayAsync("""{"type":"response.created","response":{"id":"resp_1","usage":null}}""");
                    if (heard.Contains("hang", StringComparison.Ordinal))
                    {
                        continue;
                    }

                    await socket.SayAsync("""{"type":"response.output_text.delta","delta":"Hello"}""");
                    await socket.SayAsync($$"""{"type":"response.done","response":{"id":"resp_1","usage":{"total_tokens":{{Usage.Input + Usage.Output}},"input_tokens":{{Usage.Input}},"output_tokens":{{Usage.Output}},"input_token_details":{"cached_tokens":5} } } }""");
                }
                else
                {
                    await socket.SayAsync("{\"type\":\"echo\",\"sha\":\"" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(heard))) + "\"}");
                }
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or OperationCanceledException)
        {
            // The gateway hung up: what tests of leaving callers wait for.
        }
        finally
        {
            Gone.TrySetResult();
        }
    }
}
