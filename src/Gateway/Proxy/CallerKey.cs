using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Step 1 for every call under <c>/v1</c>: whose key is it?</summary>
internal sealed class CallerKey(KeyRing keys, KeyTickets tickets)
{
    /// <summary>What stands before the key in OpenAI's own form of it.</summary>
    public const string KeyProtocol = "openai-insecure-api-key.";

    /// <summary>A browser's WebSocket has no headers of its own: it shows its key among the protocols it offers.</summary>
    public async ValueTask<Outcome<ApiKey>> IdentifySocketAsync(HttpContext http)
    {
        var shown = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(protocol => protocol.StartsWith(KeyProtocol, StringComparison.Ordinal));
        return shown is null ? await IdentifyAsync(http) : await keys.FindAsync(shown[KeyProtocol.Length..], http.RequestAborted);
    }

    public async ValueTask<Outcome<ApiKey>> IdentifyAsync(HttpContext http)
    {
        if (!Credential.Find(http.Request.Headers).TryGet(out var presented, out var missing))
        {
            return missing;
        }

        if (KeyTickets.IsTicket(presented))
        {
            return tickets.Redeem(presented) is { } id ? await keys.FindAsync(id, http.RequestAborted) : GatewayError.InvalidKey();
        }

        return await keys.FindAsync(presented, http.RequestAborted);
    }
}
