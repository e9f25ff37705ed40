using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>What an admin does with keys. Each change is in force here when the call returns.</summary>
internal sealed class KeyStore(IDbContextFactory<GatewayDb> dbs, KeyRing ring, ChangeTransaction changes, TimeProvider time)
{
    private const int HintLength = 4;

    public async Task<Outcome<NewKey>> CreateAsync(KeySpec spec, CancellationToken cancel)
    {
        var secret = KeySecret.Create();
        var made = await changes.RunAsync<Outcome<KeyAndTeam>>(
            async (db, sequence) =>
            {
                var team = await TeamOfAsync(db, spec, cancel);
                if (team is null && spec.Team is { } absent)
                {
                    return NoSuchTeam(absent);
                }

                var row = KeyRows.New(KeyId.New(time), KeyHash.Of(secret), secret[^HintLength..], spec, time.GetUtcNow(), sequence);
                db.Keys.Add(row);
                return new KeyAndTeam(row, team);
            },
            cancel);
        return InForce(made).TryGet(out var record, out var refusal) ? new NewKey(record, secret) : refusal;
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

    /// <summary>Every key with limits of its own that can still be used.</summary>
    public async Task<IReadOnlyList<KeyRecord>> LimitedAsync(CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = await db.Keys.AsNoTracking()
            .Where(k => k.Limits != null && k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > now))
            .ToListAsync(cancel);
        return rows.ConvertAll(KeyRows.ToRecord);
    }

    public async Task<Outcome<KeyRecord>> FindAsync(KeyId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.Keys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id.Value, cancel) is { } row ? KeyRows.ToRecord(row) : NotFound(id);
    }

    /// <summary>The change is made from the key's state inside the transaction, so two admins don't undo each other.</summary>
    public async Task<Outcome<KeyRecord>> ChangeAsync(KeyId id, Func<KeySpec, Outcome<KeySpec>> change, CancellationToken cancel)
    {
        var changed = await changes.RunAsync<Outcome<KeyAndTeam>>(
            async (db, sequence) =>
            {
                if (await db.Keys.SingleOrDefaultAsync(k => k.Id == id.Value, cancel) is not { } row)
                {
                    return NotFound(id);
                }

                if (!change(KeyRows.ToSpec(row)).TryGet(out var spec, out var refusal))
                {
                    return refusal;
                }

                var team = await TeamOfAsync(db, spec, cancel);
                // A revoked key may go on pointing to a team that is gone.
                if (team is null && spec.Team is { } absent && absent.Value != row.TeamId)
                {
                    return NoSuchTeam(absent);
                }

                KeyRows.Write(row, spec);
                row.Change = sequence;
                return new KeyAndTeam(row, team);
            },
            cancel);
        return InForce(changed);
    }

    /// <summary>Revoking twice keeps the first time. The row stays: the ledger's rows point to it.</summary>
    public async Task<Outcome<KeyRecord>> RevokeAsync(KeyId id, CancellationToken cancel)
    {
        var revoked = await changes.RunAsync<Outcome<KeyAndTeam>>(
            async (db, sequence) =>
            {
                var row = await db.Keys.SingleOrDefaultAsync(k => k.Id == id.Value, cancel);
                if (row is { RevokedAt: null })
                {
                    row.RevokedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
                    row.Change = sequence;
                }

                // Its team no longer matters: no call gets as far.
                return row is null ? NotFound(id) : new KeyAndTeam(row, null);
            },
            cancel);
        return InForce(revoked);
    }

    private Outcome<KeyRecord> InForce(Outcome<KeyAndTeam> changed)
    {
        if (!changed.TryGet(out var state, out var refusal))
        {
            return refusal;
        }

        ring.Refresh(state);
        return KeyRows.ToRecord(state.Key);
    }

    private static async Task<TeamRow?> TeamOfAsync(GatewayDb db, KeySpec spec, CancellationToken cancel) =>
        spec.Team is { } id ? await db.Teams.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id.Value && t.DeletedAt == null, cancel) : null;

    private static GatewayError NotFound(KeyId id) => GatewayError.NotFound("key", id.Value);

    private static GatewayError NoSuchTeam(TeamId id) => GatewayError.InvalidRequest($"No team has the id '{id}'. GET /admin/teams lists those there are.", "team_id");
}
