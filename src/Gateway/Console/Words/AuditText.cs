using System.Text.Json;
using Gateway.Storage;

namespace Gateway.Console.Words;

/// <summary>An admin change in words.</summary>
internal static class AuditText
{
    public static string Who(AuditRow row) => (row.Actor.StartsWith("console:", StringComparison.Ordinal) ? row.Actor["console:".Length..] : row.Actor == "console" ? "console" : "admin key") + (row.Address is { } address ? $" from {address}" : "");

    public static string What(AuditRow row)
    {
        var verb = row.Action[(row.Action.IndexOf('.', StringComparison.Ordinal) + 1)..] switch
        {
            "create" => "created",
            "change" => "changed",
            "revoke" => "revoked",
            "rotate" => "rotated",
            "delete" => "deleted",
            var other => other,
        };
        return $"{row.ObjectType} {verb}";
    }

    /// <summary>The fields that differ, as they were and as they are.</summary>
    public static IReadOnlyList<(string Field, string Before, string After)> Changes(AuditRow row)
    {
        var before = Fields(row.Before);
        var after = Fields(row.After);
        return [.. before.Keys.Union(after.Keys)
            .Select(field => (field, before.GetValueOrDefault(field) ?? "-", after.GetValueOrDefault(field) ?? "-"))
            .Where(change => change.Item2 != change.Item3)];
    }

    /// <summary>What it is called, as far as the row knows.</summary>
    public static string? NameOf(AuditRow row) => (Fields(row.After).GetValueOrDefault("name") ?? Fields(row.Before).GetValueOrDefault("name"))?.Trim('"');

    private static Dictionary<string, string> Fields(string? json)
    {
        if (json is null)
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null).ToDictionary(field => field.Name, field => field.Value.GetRawText())
            : [];
    }
}
