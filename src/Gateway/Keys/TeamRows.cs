using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>Between a team's row and what the rest of the gateway knows of it.</summary>
internal static class TeamRows
{
    public static TeamRecord ToRecord(TeamRow row) => new(new TeamId(row.Id), ToSpec(row), Limits(row), Columns.ReadTime(row.CreatedAt));

    public static TeamSpec ToSpec(TeamRow row) => new(row.Name, Columns.ReadModels(row.Models), Columns.ReadLimits(row.Limits)) { LogPrompts = row.LogPrompts };

    public static KeyTeam ToKeyTeam(TeamRow row) => new(new TeamId(row.Id), row.Name, Columns.ReadModels(row.Models), Limits(row)) { LogPrompts = row.LogPrompts };

    public static TeamRow New(TeamId id, TeamSpec spec, DateTimeOffset now, long change)
    {
        var row = new TeamRow { Id = id.Value, Name = spec.Name, CreatedAt = now.ToUnixTimeMilliseconds(), Change = change };
        Write(row, spec);
        return row;
    }

    public static void Write(TeamRow row, TeamSpec spec)
    {
        row.Name = spec.Name;
        row.Models = Columns.WriteModels(spec.Models);
        row.Limits = Columns.WriteLimits(spec.Limits);
        row.LogPrompts = spec.LogPrompts;
    }

    private static IReadOnlyList<Limit> Limits(TeamRow row) => Columns.ResolveLimits(LimitScope.Team, row.Id, row.Limits);
}
