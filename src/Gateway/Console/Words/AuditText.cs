using System.Text.Json;
using Gateway.Quotas;
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

    /// <summary>The fields that differ, as they were and as they are; null for what was not there.</summary>
    public static IReadOnlyList<(string Field, string? Before, string? After)> Changes(AuditRow row, Reader reader)
    {
        var before = Fields(row.Before, reader);
        var after = Fields(row.After, reader);
        return [.. before.Keys.Union(after.Keys)
            .Select(field => (field, before.GetValueOrDefault(field), after.GetValueOrDefault(field)))
            .Where(change => change.Item2 != change.Item3)
            .Select(change => (NameOf(change.field), change.Item2, change.Item3))];
    }

    /// <summary>What it is called, as far as the row knows.</summary>
    public static string? NameOf(AuditRow row, Reader reader) => Fields(row.After, reader).GetValueOrDefault("name") ?? Fields(row.Before, reader).GetValueOrDefault("name");

    private static string NameOf(string field) => field switch
    {
        "key_hint" => "ends in",
        "team_id" => "team",
        "log_prompts" => "prompts kept",
        "expires_at" => "expires",
        "revoked_at" => "revoked",
        _ => field.Replace('_', ' '),
    };

    private static Dictionary<string, string> Fields(string? json, Reader reader)
    {
        if (json is null)
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.EnumerateObject().Select(field => (field.Name, Text: Say(field.Value, reader))).Where(field => field.Text.Length > 0).ToDictionary(field => field.Name, field => field.Text)
            : [];
    }

    /// <summary>A value in words; empty for null and for what holds nothing.</summary>
    private static string Say(JsonElement value, Reader reader) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String when value.TryGetDateTimeOffset(out var time) => reader.Full(time),
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Array => string.Join("; ", value.EnumerateArray().Select(item => Say(item, reader))),
        JsonValueKind.Object when LimitOf(value) is { } limit => LimitText.Say(limit, reader),
        JsonValueKind.Object => string.Join(", ", value.EnumerateObject().Select(field => $"{field.Name} = {Say(field.Value, reader)}")),
        _ => value.GetRawText(),
    };

    private static LimitView? LimitOf(JsonElement value)
    {
        return Text("unit") is { } unit && value.TryGetProperty("limit", out var amount) && amount.ValueKind == JsonValueKind.Number && amount.TryGetDecimal(out var limit)
            ? new LimitView { Unit = unit, Limit = limit, Per = Text("per"), Model = Text("model"), Mode = Text("mode") ?? "hard", Used = null, Reserved = null, Remaining = null, ResetsAt = null }
            : null;

        string? Text(string name) => value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
    }
}
