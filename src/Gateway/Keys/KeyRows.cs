using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>Between a key's row and what the rest of the gateway knows of it.</summary>
internal static class KeyRows
{
    public static KeyRecord ToRecord(KeyRow row) => new(
        new KeyId(row.Id), row.Hint, ToSpec(row), Limits(row), Columns.ReadTime(row.CreatedAt), Columns.ReadTime(row.LastUsedAt), Columns.ReadTime(row.RevokedAt))
    {
        RotatedAt = Columns.ReadTime(row.RotatedAt),
    };

    public static KeySpec ToSpec(KeyRow row) => new(row.Name, Columns.ReadModels(row.Models), Columns.ReadTime(row.ExpiresAt), Columns.ReadMetadata(row.Metadata))
    {
        Team = row.TeamId is { } team ? new TeamId(team) : null,
        Limits = Columns.ReadLimits(row.Limits),
        LogPrompts = row.LogPrompts,
    };

    public static ApiKey ToApiKey(KeyRow row, KeyTeam? team) =>
        new(new KeyId(row.Id), row.Name, Columns.ReadModels(row.Models), Limits(row), team, Columns.ReadTime(row.ExpiresAt)) { OwnLogPrompts = row.LogPrompts };

    public static KeyRow New(KeyId id, KeyHash hash, string hint, KeySpec spec, DateTimeOffset now, long change)
    {
        var row = new KeyRow
        {
            Id = id.Value,
            Hash = hash.ToBytes(),
            Hint = hint,
            Name = spec.Name,
            Metadata = Columns.WriteMetadata(spec.Metadata),
            CreatedAt = now.ToUnixTimeMilliseconds(),
            Change = change,
        };
        Write(row, spec);
        return row;
    }

    public static void Write(KeyRow row, KeySpec spec)
    {
        row.Name = spec.Name;
        row.TeamId = spec.Team?.Value;
        row.Models = Columns.WriteModels(spec.Models);
        row.Limits = Columns.WriteLimits(spec.Limits);
        row.LogPrompts = spec.LogPrompts;
        row.Metadata = Columns.WriteMetadata(spec.Metadata);
        row.ExpiresAt = spec.ExpiresAt?.ToUnixTimeMilliseconds();
    }

    private static IReadOnlyList<Limit> Limits(KeyRow row) => Columns.ResolveLimits(LimitScope.Key, row.Id, row.Limits);
}
