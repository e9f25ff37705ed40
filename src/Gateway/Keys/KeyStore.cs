using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>What an admin does with keys. Each change is in force here when the call returns.</summary>
internal sealed class KeyStore(IDbContextFactory<GatewayDb> dbs, KeyRing ring, ChangeTransaction changes, TimeProvider time)
{
    private const int HintLength = 4;

    /// <summary>Ids in one question: a statement takes a bounded number of parameters.</summary>
    private const int NamesAtOnce = 500;

    public async Task<Outcome<NewKey>> CreateAsync(KeySpec spec, ChangedBy by, CancellationToken cancel)
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
                db.Audit.Add(AuditRow.Of(by, time.GetUtcNow(), "key.create", row.Id, null, KeyAudit.Of(row)));
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

    /// <summary>The same of those keys that a search finds.</summary>
    public async Task<IReadOnlyList<KeyRecord>> SearchAsync(KeySearch search, KeyId? after, int count, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = KeyRows.Narrow(db.Keys.AsNoTracking(), search, db.Database.IsSqlite());
        if (after is { } last)
        {
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

    /// <summary>What these keys are called, whatever became of them. Ids that there never were are left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var some in ids.Chunk(NamesAtOnce))
        {
            await foreach (var row in db.Keys.AsNoTracking().Where(k => some.Contains(k.Id)).Select(k => new { k.Id, k.Name }).AsAsyncEnumerable().WithCancellation(cancel))
            {
                names[row.Id] = row.Name;
            }
        }

        return names;
    }

    public async Task<Outcome<KeyRecord>> FindAsync(KeyId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.Keys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id.Value, cancel) is { } row ? KeyRows.ToRecord(row) : NotFound(id);
    }

    /// <summary>The change is made from the key's state inside the transaction, so two admins don't undo each other.</summary>
    public async Task<Outcome<KeyRecord>> ChangeAsync(KeyId id, Func<KeySpec, Outcome<KeySpec>> change, ChangedBy by, CancellationToken cancel)
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

                var before = KeyAudit.Of(row);
                KeyRows.Write(row, spec);
                row.Change = sequence;
                Changed(db, by, "key.change", row, before);
                return new KeyAndTeam(row, team);
            },
            cancel);
        return InForce(changed);
    }

    /// <summary>Revoking twice keeps the first time. The row stays: the ledger's rows point to it.</summary>
    public async Task<Outcome<KeyRecord>> RevokeAsync(KeyId id, ChangedBy by, CancellationToken cancel)
    {
        var revoked = await changes.RunAsync<Outcome<KeyAndTeam>>(
            async (db, sequence) =>
            {
                var row = await db.Keys.SingleOrDefaultAsync(k => k.Id == id.Value, cancel);
                if (row is { RevokedAt: null })
                {
                    var before = KeyAudit.Of(row);
                    row.RevokedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
                    row.Change = sequence;
                    Changed(db, by, "key.revoke", row, before);
                }

                // Its team no longer matters: no call gets as far.
                return row is null ? NotFound(id) : new KeyAndTeam(row, null);
            },
            cancel);
        return InForce(revoked);
    }

    /// <summary>
    /// A new secret for the same key: its id stays, and with it limits, counters and the ledger's rows. Each old secret has a grace of its own,
    /// so that a rotation done twice by accident takes no secret out of service before its time.
    /// </summary>
    /// <param name="id">The key.</param>
    /// <param name="grace">How long the secret of until now goes on working.</param>
    /// <param name="by">Who asks for it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Outcome<NewKey>> RotateAsync(KeyId id, TimeSpan grace, ChangedBy by, CancellationToken cancel)
    {
        var secret = KeySecret.Create();
        var rotated = await changes.RunAsync<Outcome<KeyAndTeam>>(
            async (db, sequence) =>
            {
                var row = await db.Keys.SingleOrDefaultAsync(k => k.Id == id.Value, cancel);
                if (row is null or { RevokedAt: not null })
                {
                    return row is null ? NotFound(id) : GatewayError.KeyIsRevoked(id.Value);
                }

                var before = KeyAudit.Of(row);
                var now = time.GetUtcNow();
                var over = now.ToUnixTimeMilliseconds();
                db.OldSecrets.RemoveRange(await db.OldSecrets.Where(s => s.WorksUntil <= over).ToListAsync(cancel));
                if (grace > TimeSpan.Zero)
                {
                    db.OldSecrets.Add(new OldSecretRow { Hash = row.Hash, KeyId = row.Id, WorksUntil = (now + grace).ToUnixTimeMilliseconds() });
                }

                (row.Hash, row.Hint) = (KeyHash.Of(secret).ToBytes(), secret[^HintLength..]);
                (row.RotatedAt, row.Change) = (over, sequence);
                Changed(db, by, "key.rotate", row, before);
                return new KeyAndTeam(row, await db.Teams.AsNoTracking().SingleOrDefaultAsync(t => t.Id == row.TeamId, cancel));
            },
            cancel);
        return InForce(rotated).TryGet(out var record, out var refusal) ? new NewKey(record, secret) : refusal;
    }

    /// <summary>What left a key as it was is no change.</summary>
    private void Changed(GatewayDb db, ChangedBy by, string action, KeyRow row, string before)
    {
        if (KeyAudit.Of(row) is var after && after != before)
        {
            db.Audit.Add(AuditRow.Of(by, time.GetUtcNow(), action, row.Id, before, after));
        }
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
