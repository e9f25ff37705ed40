using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>Sees to it that an id which a provider gives an answer is its key's before the caller learns it, and that nobody goes on from another key's answer.</summary>
internal sealed class MadeIds(IOwnedIds owned, TimeProvider time)
{
    /// <summary>With the database away an answer goes on without its id being remembered: then nobody can ask for it again, which harms nobody else.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(1);

    /// <summary>What a call's answer is to tell its id to; null where nobody can ask for it later.</summary>
    public Func<string, Task>? SinkOf(CallRecord call) =>
        call.Endpoint.MakesIds && call is { Key: { } key, Envelope.IsStored: true } ? id => RememberAsync(id, key, call) : null;

    /// <summary>The ways of a call that goes on from an answer: to whoever made that, and only for its own key.</summary>
    public ValueTask<Outcome<ModelRoute>> PinAsync(ApiKey key, RequestEnvelope envelope, ModelRoute route, CancellationToken cancel) =>
        envelope.Conversation is { } conversation ? new(NoConversation(conversation))
        : envelope.PreviousResponseId is { } previous ? PinAsync(key, previous, route, cancel) : new(route);

    /// <summary>None is made through the gateway, so that whichever is named is another's.</summary>
    public static GatewayError NoConversation(string id) => GatewayError.NotFound("conversation", id) with { Param = "conversation" };

    private async ValueTask<Outcome<ModelRoute>> PinAsync(ApiKey key, string previous, ModelRoute route, CancellationToken cancel) =>
        !(await owned.FindAsync(OwnedKind.Response, previous, key.Id, cancel)).TryGet(out var made, out var error) ? error.Status == StatusCodes.Status404NotFound ? NoResponse(previous) : error
        : route.At(made.Provider) is { } pinned ? pinned
        : NoResponse(previous);

    private static GatewayError NoResponse(string id) => GatewayError.NotFound("response", id) with { Param = "previous_response_id" };

    private async Task RememberAsync(string id, ApiKey key, CallRecord call)
    {
        try
        {
            await owned.RecordAsync(OwnedKind.Response, id, key, call.Provider ?? "").WaitAsync(MostWait, time);
        }
        catch (TimeoutException)
        {
            // The write goes on by itself.
        }
    }
}
