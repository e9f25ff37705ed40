using System.Net.WebSockets;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>Opens the provider's side of a session over a WebSocket, with the gateway's credential and none of the caller's.</summary>
internal static class SocketUpstream
{
    /// <param name="http">The caller's handshake.</param>
    /// <param name="endpoint">What is called.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="limit">How long the provider may take to answer.</param>
    /// <param name="time">The clock.</param>
    public static async Task<Outcome<ClientWebSocket>> ConnectAsync(HttpContext http, ApiEndpoint endpoint, ModelTarget target, TimeSpan limit, TimeProvider time)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.CollectHttpResponseDetails = true;
            foreach (var protocol in http.WebSockets.WebSocketRequestedProtocols.Where(protocol => !protocol.StartsWith(CallerKey.KeyProtocol, StringComparison.Ordinal)))
            {
                socket.Options.AddSubProtocol(protocol);
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, target.Provider.Address(endpoint.Path, target.UpstreamModel, http.Request.QueryString.Value ?? ""));
            HeaderHygiene.CopyRequestHeaders(http.Request.Headers, request.Headers, null);
            target.Provider.Authorize(request);
            foreach (var (name, values) in request.Headers.NonValidated)
            {
                if (!name.StartsWith("sec-websocket-", StringComparison.OrdinalIgnoreCase))
                {
                    socket.Options.SetRequestHeader(name, values.ToString());
                }
            }

            await socket.ConnectAsync(Socket(request.RequestUri), target.Provider.Client, either.Token);
            return socket;
        }
        catch (Exception failure) when (failure is WebSocketException or OperationCanceledException or HttpRequestException)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            http.RequestAborted.ThrowIfCancellationRequested();
            return status switch
            {
                401 or 403 => GatewayError.UpstreamAuthFailed(),
                _ when failure is OperationCanceledException || failure.InnerException is OperationCanceledException => GatewayError.UpstreamTimeout(),
                > 0 => GatewayError.UpstreamInvalidResponse(),
                _ => GatewayError.UpstreamUnreachable(),
            };
        }
    }

    /// <summary>What a handshake that failed says of its target.</summary>
    public static UpstreamAnswer AnswerOf(GatewayError failed, CallOutcome outcome) => new(outcome, failed, Sent: failed != GatewayError.UpstreamUnreachable())
    {
        Status = failed == GatewayError.UpstreamAuthFailed() ? StatusCodes.Status401Unauthorized : null,
    };

    private static Uri Socket(Uri? address)
    {
        var socket = new UriBuilder(address ?? throw new InvalidOperationException("The provider's address is set."));
        socket.Scheme = socket.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        return socket.Uri;
    }
}
