using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Step 1 for every call under <c>/v1</c>: whose key is it?</summary>
internal sealed class CallerKey(KeyRing keys)
{
    public async ValueTask<Outcome<ApiKey>> IdentifyAsync(HttpContext http)
    {
        if (!Credential.Find(http.Request.Headers).TryGet(out var presented, out var missing))
        {
            return missing;
        }

        return await keys.FindAsync(presented, http.RequestAborted);
    }
}
