using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// <c>GET /v1/responses</c> as a WebSocket. Who asks is known by its handshake; what they ask comes with each message, and with it the other steps
/// (<see cref="ResponsesSession"/>). Where no provider makes responses so, the answer is 426, from which clients go on with a POST.
/// </summary>
internal sealed class ResponsesSocketEndpoint(
    CallerKey caller, Routing routing, ResponsesTurns turns, RequestIds ids, IOptions<ProxyOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
{
    public async Task HandleAsync(HttpContext http)
    {
        if (!(await caller.IdentifySocketAsync(http)).TryGet(out var key, out var error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await ErrorResponse.WriteAsync(http, GatewayError.ShuttingDown());
            return;
        }

        if (!http.WebSockets.IsWebSocketRequest || !routing.Current.Providers.Any(provider => provider.SpeaksResponsesWebSocket))
        {
            await ErrorResponse.WriteAsync(http, GatewayError.UpgradeNotSupported());
            return;
        }

        var protocol = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(offered => !offered.StartsWith(CallerKey.KeyProtocol, StringComparison.Ordinal));
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol });
        using var session = new ResponsesSession(http, socket, turns, ids, caller.Watch(http, key), options.Value, time);
        await session.RunAsync(lifetime.ApplicationStopping);
    }
}
