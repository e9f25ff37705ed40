using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Sees to it that an id which a provider gives an answer is its key's before the caller learns it, and that nobody goes on from another key's answer.</summary>
internal sealed class MadeIds(IOwnedIds owned, TimeProvider time)
{
    /// <summary>With the database away an answer goes on without its id being remembered: then nobody can ask for it again, which harms nobody else.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(1);

    /// <summary>What a call's answer is to tell its id to; null where nobody can ask for it later.</summary>
    public Func<string, Task>? SinkOf(CallRecord call) =>
        call.Endpoint.MakesIds && call is { Key: { } key, Provider: { } provider, Envelope.IsStored: true } ? id => RememberAsync(id, key, provider) : null;

    /// <summary>The refusal of a call that goes on from what is not its key's; null where there is nothing to refuse.</summary>
    public async ValueTask<GatewayError?> FindPreviousAsync(ApiKey key, RequestEnvelope envelope, CancellationToken cancel)
    {
        if (envelope.PreviousResponseId is not { } previous)
        {
            return null;
        }

        (await owned.FindAsync(OwnedKind.Response, previous, key.Id, cancel)).TryGet(out _, out var error);
        return error;
    }

    private async Task RememberAsync(string id, ApiKey key, string provider)
    {
        try
        {
            await owned.RecordAsync(OwnedKind.Response, id, key, provider).WaitAsync(MostWait, time);
        }
        catch (TimeoutException)
        {
            // The write goes on by itself.
        }
    }
}
