using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>What an admin does with teams. Each change is in force for the team's keys here when the call returns.</summary>
internal sealed class TeamStore(IDbContextFactory<GatewayDb> dbs, KeyRing ring, ChangeTransaction changes, TimeProvider time)
{
    /// <summary>Ids in one question: a statement takes a bounded number of parameters.</summary>
    private const int NamesAtOnce = 500;

    public async Task<TeamRecord> CreateAsync(TeamSpec spec, ChangedBy by, CancellationToken cancel)
    {
        var row = await changes.RunAsync(
            (db, sequence) =>
            {
                var added = TeamRows.New(TeamId.New(time), spec, time.GetUtcNow(), sequence);
                db.Teams.Add(added);
                db.Audit.Add(AuditRow.Of(by, time.GetUtcNow(), "team.create", added.Id, null, KeyAudit.Of(added)));
                return Task.FromResult(added);
            },
            cancel);
        return TeamRows.ToRecord(row);
    }

    /// <summary>Newest first, up to <paramref name="count"/> teams made before the one with the id <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<TeamRecord>> ListAsync(TeamId? after, int count, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = db.Teams.AsNoTracking().Where(t => t.DeletedAt == null);
        if (after is { } last)
        {
            rows = rows.Where(t => string.Compare(t.Id, last.Value) < 0);
        }

        var page = await rows.OrderByDescending(t => t.Id).Take(count).ToListAsync(cancel);
        return page.ConvertAll(TeamRows.ToRecord);
    }

    /// <summary>Every team with limits.</summary>
    public async Task<IReadOnlyList<TeamRecord>> LimitedAsync(CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = await db.Teams.AsNoTracking().Where(t => t.Limits != null && t.DeletedAt == null).ToListAsync(cancel);
        return rows.ConvertAll(TeamRows.ToRecord);
    }

    /// <summary>What these teams are called, whatever became of them. Ids that there never were are left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var some in ids.Chunk(NamesAtOnce))
        {
            await foreach (var row in db.Teams.AsNoTracking().Where(t => some.Contains(t.Id)).Select(t => new { t.Id, t.Name }).AsAsyncEnumerable().WithCancellation(cancel))
            {
                names[row.Id] = row.Name;
            }
        }

        return names;
    }

    public async Task<Outcome<TeamRecord>> FindAsync(TeamId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.Teams.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id.Value && t.DeletedAt == null, cancel) is { } row
            ? TeamRows.ToRecord(row)
            : NotFound(id);
    }

    /// <summary>The change is made from the team's state inside the transaction, so two admins don't undo each other.</summary>
    public async Task<Outcome<TeamRecord>> ChangeAsync(TeamId id, Func<TeamSpec, Outcome<TeamSpec>> change, ChangedBy by, CancellationToken cancel)
    {
        var changed = await changes.RunAsync<Outcome<TeamRow>>(
            async (db, sequence) =>
            {
                if (await db.Teams.SingleOrDefaultAsync(t => t.Id == id.Value && t.DeletedAt == null, cancel) is not { } row)
                {
                    return NotFound(id);
                }

                if (!change(TeamRows.ToSpec(row)).TryGet(out var spec, out var refusal))
                {
                    return refusal;
                }

                var before = KeyAudit.Of(row);
                TeamRows.Write(row, spec);
                row.Change = sequence;
                Changed(db, by, "team.change", row, before);
                return row;
            },
            cancel);
        return InForce(changed);
    }

    /// <summary>Only a team without keys that could be used again: an expired one could, by a change of its expiry.</summary>
    public async Task<Outcome<TeamRecord>> DeleteAsync(TeamId id, ChangedBy by, CancellationToken cancel)
    {
        var deleted = await changes.RunAsync<Outcome<TeamRow>>(
            async (db, sequence) =>
            {
                if (await db.Teams.SingleOrDefaultAsync(t => t.Id == id.Value && t.DeletedAt == null, cancel) is not { } row)
                {
                    return NotFound(id);
                }

                if (await db.Keys.CountAsync(k => k.TeamId == id.Value && k.RevokedAt == null, cancel) is var keys and > 0)
                {
                    return GatewayError.TeamHasKeys(row.Name, keys);
                }

                var before = KeyAudit.Of(row);
                row.DeletedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
                row.Change = sequence;
                Changed(db, by, "team.delete", row, before);
                return row;
            },
            cancel);
        return InForce(deleted);
    }

    /// <summary>What left a team as it was is no change.</summary>
    private void Changed(GatewayDb db, ChangedBy by, string action, TeamRow row, string before)
    {
        if (KeyAudit.Of(row) is var after && after != before)
        {
            db.Audit.Add(AuditRow.Of(by, time.GetUtcNow(), action, row.Id, before, after));
        }
    }

    private Outcome<TeamRecord> InForce(Outcome<TeamRow> changed)
    {
        if (!changed.TryGet(out var row, out var refusal))
        {
            return refusal;
        }

        ring.Refresh(row);
        return TeamRows.ToRecord(row);
    }

    private static GatewayError NotFound(TeamId id) => GatewayError.NotFound("team", id.Value);
}
