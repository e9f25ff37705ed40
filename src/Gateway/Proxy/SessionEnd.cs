using System.Net.WebSockets;
using Gateway.Ledger;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>How a WebSocket of responses ends.</summary>
/// <param name="Outcome">What that is to the responses that still run.</param>
/// <param name="Status">The close that the caller gets; null where they have left, or are to be left as the provider left.</param>
/// <param name="Reason">Why, in the close.</param>
/// <param name="Error">What the caller is told before it.</param>
internal sealed record SessionEnd(CallOutcome Outcome, WebSocketCloseStatus? Status, string? Reason, GatewayError? Error = null)
{
    public static readonly SessionEnd CallerLeft = new(CallOutcome.ClientDisconnected, null, null);

    public static readonly SessionEnd ProviderLeft = new(CallOutcome.UpstreamCut, null, null);

    public static SessionEnd Failed(CallOutcome outcome, GatewayError error) => new(outcome, WebSocketCloseStatus.InternalServerError, $"{error.Code}: {error.Message}", error);

    public static SessionEnd Refused(GatewayError error) => new(CallOutcome.Rejected, WebSocketCloseStatus.PolicyViolation, $"{error.Code}: {error.Message}", error);
}
