using BitFaster.Caching.Lru;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Proxy;

/// <summary>
/// The ids seen lately, in memory before the table. Who owns an id never changes, so what is here needs no second look; that a key does not own one is not
/// remembered, since another replica may make it the next moment.
/// </summary>
internal sealed class OwnedIds(OwnedIdTable table) : IOwnedIds
{
    /// <summary>Ids kept in memory, about 300 bytes each.</summary>
    private const int MaxKnown = 20_000;

    private readonly ConcurrentLru<(OwnedKind Kind, string Id, KeyId Key), OwnedId> _known = new(MaxKnown);

    public async Task<bool> RecordAsync(OwnedKind kind, string id, ApiKey key, string provider)
    {
        if (_known.TryGet((kind, id, key.Id), out _))
        {
            return true;
        }

        var recorded = await table.RecordAsync(kind, id, key, provider);
        if (recorded)
        {
            _known.GetOrAdd((kind, id, key.Id), static (_, fresh) => fresh, new OwnedId(kind, id, key.Id, key.TeamId, provider));
        }

        return recorded;
    }

    public ValueTask<Outcome<OwnedId>> FindAsync(OwnedKind kind, string id, KeyId key, CancellationToken cancel) =>
        _known.TryGet((kind, id, key), out var known) ? new(known) : FindInTableAsync(kind, id, key, cancel);

    private async ValueTask<Outcome<OwnedId>> FindInTableAsync(OwnedKind kind, string id, KeyId key, CancellationToken cancel)
    {
        var found = await table.FindAsync(kind, id, key, cancel);
        if (found.TryGet(out var owned, out _))
        {
            _known.GetOrAdd((kind, id, key), static (_, fresh) => fresh, owned);
        }

        return found;
    }
}
