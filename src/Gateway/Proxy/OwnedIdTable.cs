using System.Data.Common;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Proxy;

/// <summary>Owned ids in the database. Written through the journal, so that many new ones share a commit.</summary>
internal sealed class OwnedIdTable(IDbContextFactory<GatewayDb> dbs, SpendJournal journal, StoreHealth health, TimeProvider time) : IOwnedIds
{
    /// <summary>In characters. Providers' ids have a few dozen; what callers send may be as long as a header.</summary>
    public const int MaxId = JournalStatement.MaxText;

    /// <summary>Older ones are still their key's, but no longer listed.</summary>
    private const int MaxListed = 100_000;

    public async Task<bool> RecordAsync(OwnedKind kind, string id, ApiKey key, string provider)
    {
        if (id.Length is 0 or > MaxId)
        {
            return false;
        }

        var write = new OwnedIdWrite(new OwnedIdRow
        {
            Kind = Word(kind),
            Id = id,
            KeyId = key.Id.Value,
            TeamId = key.TeamId,
            Provider = provider,
            Created = time.GetUtcNow().ToUnixTimeMilliseconds(),
        });
        journal.Add(write);
        return await write.Result;
    }

    public async ValueTask<Outcome<OwnedId>> FindAsync(OwnedKind kind, string id, KeyId key, CancellationToken cancel)
    {
        var word = Word(kind);
        if (id.Length is 0 or > MaxId)
        {
            return GatewayError.NotFound(word, id);
        }

        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            var row = await db.OwnedIds.AsNoTracking().SingleOrDefaultAsync(o => o.Kind == word && o.Id == id && o.KeyId == key.Value, cancel);
            return row is null ? GatewayError.NotFound(word, id) : new OwnedId(kind, row.Id, key, row.TeamId, row.Provider);
        }
        catch (DbException failure)
        {
            health.Failed(StorePart.Reads, failure);
            return GatewayError.StoreUnavailable();
        }
    }

    /// <summary>A key's newest ids by the provider that made them.</summary>
    public async Task<Dictionary<string, HashSet<string>>> ListAsync(OwnedKind kind, KeyId key, CancellationToken cancel)
    {
        var word = Word(kind);
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var own = await db.OwnedIds.AsNoTracking()
            .Where(o => o.KeyId == key.Value && o.Kind == word)
            .OrderByDescending(o => o.Created)
            .Take(MaxListed)
            .Select(o => new { o.Provider, o.Id })
            .ToListAsync(cancel);
        return own.GroupBy(o => o.Provider, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Select(o => o.Id).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    public static string Word(OwnedKind kind) => kind switch
    {
        OwnedKind.File => "file",
        OwnedKind.Batch => "batch",
        _ => "response",
    };
}
