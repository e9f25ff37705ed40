using System.Text.Json;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>One admin change.</summary>
public sealed record AuditView
{
    /// <summary>The entry's id, <c>audit_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>By what right: <c>admin_key</c> or <c>console</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>The address it came from.</summary>
    public required string? Address { get; init; }

    /// <summary>What was done, as <c>key.create</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to, as <c>key</c>.</summary>
    public required string ObjectType { get; init; }

    /// <summary>Which one; null where it is no single one.</summary>
    public required string? ObjectId { get; init; }

    /// <summary>How it was before; null where there was nothing.</summary>
    public required JsonElement? Before { get; init; }

    /// <summary>How it was after; null where nothing was left.</summary>
    public required JsonElement? After { get; init; }

    internal static AuditView Of(AuditRow row) => new()
    {
        Id = row.Id,
        Time = DateTimeOffset.FromUnixTimeMilliseconds(row.Time),
        Actor = row.Actor,
        Address = row.Address,
        Action = row.Action,
        ObjectType = row.ObjectType,
        ObjectId = row.ObjectId,
        Before = Read(row.Before),
        After = Read(row.After),
    };

    private static JsonElement? Read(string? text) => text is null ? null : JsonSerializer.Deserialize(text, AdminJson.Default.JsonElement);
}
