using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Proxy;

/// <summary>Whose is what a provider made? An id of one key's is not found for any other, and not for anyone where the gateway did not see it made.</summary>
internal interface IOwnedIds
{
    /// <summary>Remembers an id for the key that it was made for. Returns when that is durable; false where it can't be: then the caller must not learn the id.</summary>
    Task<bool> RecordAsync(OwnedKind kind, string id, ApiKey key, string provider);

    /// <summary>The id as its own key knows it: 404 for every other key, 503 where the database is needed and away.</summary>
    ValueTask<Outcome<OwnedId>> FindAsync(OwnedKind kind, string id, KeyId key, CancellationToken cancel);
}
