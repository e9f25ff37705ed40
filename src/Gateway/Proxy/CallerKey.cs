using Gateway.Keys;
using Gateway.OpenAi;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Proxy;

/// <summary>Step 1 for every call under <c>/v1</c>: whose key is it?</summary>
internal sealed class CallerKey(KeyRing keys, KeyTickets tickets, TimeProvider time)
{
    /// <summary>What stands before the key in OpenAI's own form of it.</summary>
    public const string KeyProtocol = "openai-insecure-api-key.";

    /// <summary>A browser's WebSocket has no headers of its own: it shows its key among the protocols it offers.</summary>
    public async ValueTask<Outcome<ApiKey>> IdentifySocketAsync(HttpContext http)
    {
        return InProtocols(http) is { } shown ? await keys.FindAsync(shown, http.RequestAborted) : await IdentifyAsync(http);
    }

    /// <summary>Looks at the key again that a session was opened with.</summary>
    /// <param name="http">The handshake.</param>
    /// <param name="key">Whose it was found to be.</param>
    public KeyWatch Watch(HttpContext http, ApiKey key)
    {
        var presented = InProtocols(http) ?? (Credential.Find(http.Request.Headers).TryGet(out var shown, out _) ? shown : "");
        if (!KeySecret.IsWellFormed(presented))
        {
            // A ticket, good once: it was redeemed by the handshake.
            return new KeyWatch(_ => new(key), time);
        }

        var hash = KeyHash.Of(presented);
        return new KeyWatch(cancel => keys.FindAsync(hash, cancel), time);
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

        return KeySecret.IsWellFormed(presented) ? await keys.FindAsync(HashOf(http, presented), http.RequestAborted) : GatewayError.InvalidKey();
    }

    private static string? InProtocols(HttpContext http) =>
        http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(protocol => protocol.StartsWith(KeyProtocol, StringComparison.Ordinal))?[KeyProtocol.Length..];

    /// <summary>
    /// Clients keep connections and show the same key on each call: the last one's hash stays with the connection. Not over HTTP/2, whose calls run side by side there.
    /// </summary>
    private static KeyHash HashOf(HttpContext http, string secret)
    {
        if (!HttpProtocol.IsHttp11(http.Request.Protocol) || http.Features.Get<IConnectionItemsFeature>()?.Items is not { } connection)
        {
            return KeyHash.Of(secret);
        }

        if (connection.TryGetValue(typeof(ShownKey), out var last) && last is ShownKey shown && shown.Secret == secret)
        {
            return shown.Hash;
        }

        var hash = KeyHash.Of(secret);
        connection[typeof(ShownKey)] = new ShownKey(secret, hash);
        return hash;
    }

    private sealed record ShownKey(string Secret, KeyHash Hash)
    {
        /// <summary>Never the secret.</summary>
        public override string ToString() => nameof(ShownKey);
    }
}
