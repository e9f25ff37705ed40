using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>What an admin does with teams. Each change is in force for the team's keys here when the call returns.</summary>
internal sealed class TeamStore(IDbContextFactory<GatewayDb> dbs, KeyRing ring, ChangeTransaction changes, TimeProvider time)
{
    public async Task<TeamRecord> CreateAsync(TeamSpec spec, CancellationToken cancel)
    {
        var row = await changes.RunAsync(
            (db, sequence) =>
            {
                var added = TeamRows.New(TeamId.New(time), spec, time.GetUtcNow(), sequence);
                db.Teams.Add(added);
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

    public async Task<Outcome<TeamRecord>> FindAsync(TeamId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.Teams.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id.Value && t.DeletedAt == null, cancel) is { } row
            ? TeamRows.ToRecord(row)
            : NotFound(id);
    }

    /// <summary>The change is made from the team's state inside the transaction, so two admins don't undo each other.</summary>
    public async Task<Outcome<TeamRecord>> ChangeAsync(TeamId id, Func<TeamSpec, Outcome<TeamSpec>> change, CancellationToken cancel)
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

                TeamRows.Write(row, spec);
                row.Change = sequence;
                return row;
            },
            cancel);
        return InForce(changed);
    }

    /// <summary>Only a team without keys that could be used again: an expired one could, by a change of its expiry.</summary>
    public async Task<Outcome<TeamRecord>> DeleteAsync(TeamId id, CancellationToken cancel)
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

                row.DeletedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
                row.Change = sequence;
                return row;
            },
            cancel);
        return InForce(deleted);
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
