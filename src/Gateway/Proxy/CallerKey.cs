using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Step 1 for every call under <c>/v1</c>: whose key is it?</summary>
internal sealed class CallerKey(KeyRing keys, KeyTickets tickets)
{
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
