using System.Runtime.CompilerServices;
using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>Moves keys and teams from one gateway to another: secrets as their hashes, so callers go on with what they have.</summary>
internal sealed class KeyTransfer(IDbContextFactory<GatewayDb> dbs, KeyRing ring, ChangeTransaction changes, TimeProvider time)
{
    /// <summary>Clashes that are named; the rest is counted.</summary>
    private const int NamedClashes = 10;

    /// <summary>Every team that is not deleted, in the order of their making.</summary>
    public async IAsyncEnumerable<MovedTeam> TeamsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        await foreach (var row in db.Teams.AsNoTracking().Where(t => t.DeletedAt == null).OrderBy(t => t.Id).AsAsyncEnumerable().WithCancellation(cancel))
        {
            yield return Moved(row);
        }
    }

    /// <summary>Every key that is not revoked. Elsewhere a revoked one is refused for being unknown.</summary>
    public async IAsyncEnumerable<MovedKey> KeysAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        await foreach (var row in db.Keys.AsNoTracking().Where(k => k.RevokedAt == null).OrderBy(k => k.Id).AsAsyncEnumerable().WithCancellation(cancel))
        {
            yield return Moved(row);
        }
    }

    /// <summary>Takes in all of it or nothing. What is there already and is the same stays; what is there and differs is a clash.</summary>
    /// <param name="teams">Teams, each id once.</param>
    /// <param name="keys">Keys, each id and each hash once.</param>
    /// <param name="isDry">Only says what it would do.</param>
    /// <param name="by">Who asks for it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Outcome<ImportResult>> ImportAsync(
        IReadOnlyList<MovedTeam> teams, IReadOnlyList<MovedKey> keys, bool isDry, ChangedBy by, CancellationToken cancel)
    {
        var added = new List<KeyAndTeam>();
        var outcome = await changes.RunAsync<Outcome<ImportResult>>(
            async (db, sequence) =>
            {
                var clashes = new List<string>();
                var present = await db.Teams.AsNoTracking().ToDictionaryAsync(t => t.Id, StringComparer.Ordinal, cancel);
                var newTeams = NewTeams(teams, present, clashes);
                var newKeys = await NewKeysAsync(db, keys, clashes, cancel);
                var teamRows = newTeams.ConvertAll(team => Row(team, sequence));
                foreach (var row in teamRows)
                {
                    present[row.Id] = row;
                }

                var lost = newKeys.Where(key => key.Spec.Team is { } team && (!present.TryGetValue(team.Value, out var row) || row.DeletedAt is not null));
                clashes.AddRange(lost.Select(key => $"key {key.Id}: its team {key.Spec.Team} is neither here nor in the import"));
                if (clashes.Count > 0)
                {
                    return Refused(clashes);
                }

                var result = new ImportResult(newTeams.Count, teams.Count - newTeams.Count, newKeys.Count, keys.Count - newKeys.Count);
                if (!isDry)
                {
                    var keyRows = newKeys.ConvertAll(key => Row(key, sequence));
                    Add(db, teamRows, keyRows, by);
                    added.AddRange(keyRows.Select(row => new KeyAndTeam(row, row.TeamId is { } team ? present[team] : null)));
                }

                return result;
            },
            cancel);

        // In force here at once: some may be remembered as unknown.
        foreach (var state in added)
        {
            ring.Refresh(state);
        }

        return outcome;
    }

    private static GatewayError Refused(List<string> clashes)
    {
        var more = clashes.Count > NamedClashes ? $"; and {clashes.Count - NamedClashes} more" : "";
        return GatewayError.ImportClash($"Nothing was imported, since this would change what is here: {string.Join("; ", clashes.Take(NamedClashes))}{more}.");
    }

    private static List<MovedTeam> NewTeams(IReadOnlyList<MovedTeam> teams, Dictionary<string, TeamRow> present, List<string> clashes)
    {
        var fresh = new List<MovedTeam>();
        foreach (var team in teams)
        {
            if (!present.TryGetValue(team.Id.Value, out var row))
            {
                fresh.Add(team);
            }
            else if (row.DeletedAt is not null || KeyAudit.Of(row) != KeyAudit.Of(Row(team, 0)))
            {
                clashes.Add($"team {team.Id} is here already and {(row.DeletedAt is null ? "differs" : "was deleted")}");
            }
        }

        return fresh;
    }

    private static async Task<List<MovedKey>> NewKeysAsync(GatewayDb db, IReadOnlyList<MovedKey> keys, List<string> clashes, CancellationToken cancel)
    {
        // All of them: an import is rare, and one statement for each of many keys would take longer.
        var present = await db.Keys.AsNoTracking().ToDictionaryAsync(k => k.Id, StringComparer.Ordinal, cancel);
        var hashes = present.Values.ToDictionary(row => KeyHash.FromBytes(row.Hash), row => row.Id);
        foreach (var old in await db.OldSecrets.AsNoTracking().ToListAsync(cancel))
        {
            hashes.TryAdd(KeyHash.FromBytes(old.Hash), old.KeyId);
        }

        var fresh = new List<MovedKey>();
        foreach (var key in keys)
        {
            if (present.TryGetValue(key.Id.Value, out var row))
            {
                if (!IsSame(row, key))
                {
                    clashes.Add($"key {key.Id} is here already and {(row.RevokedAt is null ? "differs" : "was revoked")}");
                }
            }
            else if (hashes.TryGetValue(key.Hash, out var other))
            {
                clashes.Add($"key {key.Id} has the secret of {other}, which is here already");
            }
            else
            {
                fresh.Add(key);
            }
        }

        return fresh;
    }

    private static bool IsSame(KeyRow row, MovedKey key)
    {
        var moved = Row(key, 0);
        moved.RotatedAt = row.RotatedAt;
        return KeyHash.FromBytes(row.Hash) == key.Hash && KeyAudit.Of(row) == KeyAudit.Of(moved);
    }

    private void Add(GatewayDb db, List<TeamRow> teams, List<KeyRow> keys, ChangedBy by)
    {
        var now = time.GetUtcNow();
        foreach (var team in teams)
        {
            db.Teams.Add(team);
            db.Audit.Add(AuditRow.Of(by, now, "team.import", team.Id, null, KeyAudit.Of(team)));
        }

        foreach (var key in keys)
        {
            db.Keys.Add(key);
            db.Audit.Add(AuditRow.Of(by, now, "key.import", key.Id, null, KeyAudit.Of(key)));
        }
    }

    private static TeamRow Row(MovedTeam team, long sequence) => TeamRows.New(team.Id, team.Spec, team.CreatedAt, sequence);

    private static KeyRow Row(MovedKey key, long sequence) => KeyRows.New(key.Id, key.Hash, key.Hint, key.Spec, key.CreatedAt, sequence);

    private static MovedTeam Moved(TeamRow row) => new(new TeamId(row.Id), TeamRows.ToSpec(row), Columns.ReadTime(row.CreatedAt));

    private static MovedKey Moved(KeyRow row) => new(new KeyId(row.Id), KeyHash.FromBytes(row.Hash), row.Hint, KeyRows.ToSpec(row), Columns.ReadTime(row.CreatedAt));
}
