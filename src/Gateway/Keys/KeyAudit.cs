using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>Keys and teams as the audit log keeps them, before and after a change: everything that an admin decides, and no secret, not even as a hash.</summary>
internal static class KeyAudit
{
    public static string Of(KeyRow row) => Write(json =>
    {
        json.WriteString("name", row.Name);
        json.WriteString("key_hint", row.Hint);
        json.WriteString("team_id", row.TeamId);
        Raw(json, "models", row.Models);
        Raw(json, "limits", row.Limits);
        Flag(json, "log_prompts", row.LogPrompts);
        Raw(json, "metadata", row.Metadata);
        Time(json, "expires_at", row.ExpiresAt);
        Time(json, "revoked_at", row.RevokedAt);
        Time(json, "rotated_at", row.RotatedAt);
    });

    public static string Of(TeamRow row) => Write(json =>
    {
        json.WriteString("name", row.Name);
        Raw(json, "models", row.Models);
        Raw(json, "limits", row.Limits);
        Flag(json, "log_prompts", row.LogPrompts);
        Time(json, "deleted_at", row.DeletedAt);
    });

    private static string Write(Action<Utf8JsonWriter> fields)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>Columns with parts hold JSON already.</summary>
    private static void Raw(Utf8JsonWriter json, string name, string? column)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(column ?? "null");
    }

    private static void Flag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(name, flag);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void Time(Utf8JsonWriter json, string name, long? milliseconds) =>
        json.WriteString(name, Columns.ReadTime(milliseconds) is { } time ? WireTime.Write(time) : null);
}
