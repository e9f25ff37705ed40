using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>What an admin does with keys. Each change raises the change sequence in its own transaction and is in force here when the call returns.</summary>
internal sealed class KeyStore(IDbContextFactory<GatewayDb> dbs, KeyRing ring, WriteTurn turn, TimeProvider time)
{
    private const int HintLength = 4;

    public async Task<NewKey> CreateAsync(KeySpec spec, CancellationToken cancel)
    {
        var secret = KeySecret.Create();
        var row = await WriteAsync(
            (db, change) =>
            {
                var added = KeyRows.New(KeyId.New(time), KeyHash.Of(secret), secret[^HintLength..], spec, time.GetUtcNow(), change);
                db.Keys.Add(added);
                return Task.FromResult<KeyRow?>(added);
            },
            cancel);
        return new NewKey(KeyRows.ToRecord(row ?? throw new InvalidOperationException("A new key has a row.")), secret);
    }

    /// <summary>Newest first, up to <paramref name="count"/> keys made before the one with the id <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<KeyRecord>> ListAsync(KeyId? after, int count, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        IQueryable<KeyRow> rows = db.Keys.AsNoTracking();
        if (after is { } last)
        {
            // Ids begin with their time, so the primary key is also the order of making.
            rows = rows.Where(k => string.Compare(k.Id, last.Value) < 0);
        }

        var page = await rows.OrderByDescending(k => k.Id).Take(count).ToListAsync(cancel);
        return page.ConvertAll(KeyRows.ToRecord);
    }

    public async Task<Outcome<KeyRecord>> FindAsync(KeyId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return FoundOrNot(id, await db.Keys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id.Value, cancel));
    }

    /// <summary>The change is made from the key's state inside the transaction, so two admins don't undo each other.</summary>
    public async Task<Outcome<KeyRecord>> ChangeAsync(KeyId id, Func<KeySpec, Outcome<KeySpec>> change, CancellationToken cancel)
    {
        GatewayError? refusal = null;
        var row = await WriteAsync(
            async (db, sequence) =>
            {
                var found = await db.Keys.SingleOrDefaultAsync(k => k.Id == id.Value, cancel);
                if (found is not null && change(KeyRows.ToSpec(found)).TryGet(out var spec, out refusal))
                {
                    KeyRows.Write(found, spec);
                    found.Change = sequence;
                }

                return found;
            },
            cancel);
        return refusal is not null ? refusal : FoundOrNot(id, row);
    }

    /// <summary>Revoking twice keeps the first time. The row stays: the ledger's rows point to it.</summary>
    public async Task<Outcome<KeyRecord>> RevokeAsync(KeyId id, CancellationToken cancel)
    {
        var row = await WriteAsync(
            async (db, change) =>
            {
                var found = await db.Keys.SingleOrDefaultAsync(k => k.Id == id.Value, cancel);
                if (found is { RevokedAt: null })
                {
                    found.RevokedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
                    found.Change = change;
                }

                return found;
            },
            cancel);
        return FoundOrNot(id, row);
    }

    private static Outcome<KeyRecord> FoundOrNot(KeyId id, KeyRow? row) =>
        row is null ? GatewayError.NotFound("key", id.Value) : KeyRows.ToRecord(row);

    private async Task<KeyRow?> WriteAsync(Func<GatewayDb, long, Task<KeyRow?>> write, CancellationToken cancel)
    {
        await turn.EnterAsync(cancel);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            await using var transaction = await db.Database.BeginTransactionAsync(cancel);
            await db.ChangeSequences.ExecuteUpdateAsync(set => set.SetProperty(s => s.Value, s => s.Value + 1), cancel);
            var change = await db.ChangeSequences.Select(s => s.Value).SingleAsync(cancel);
            var row = await write(db, change);
            if (row is not null && db.ChangeTracker.HasChanges())
            {
                await db.SaveChangesAsync(cancel);
                await transaction.CommitAsync(cancel);
                ring.Refresh(row);
            }

            return row;
        }
        finally
        {
            turn.Leave();
        }
    }
}
