using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A key's row with that of its team, read in one statement so that they are of one moment.</summary>
internal sealed record KeyAndTeam(KeyRow Key, TeamRow? Team)
{
    public static IQueryable<KeyAndTeam> Of(GatewayDb db, IQueryable<KeyRow> keys) =>
        from key in keys
        join team in db.Teams on key.TeamId equals team.Id into teams
        from team in teams.DefaultIfEmpty()
        select new KeyAndTeam(key, team);
}
