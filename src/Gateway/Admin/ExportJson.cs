using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>Keys and teams for another gateway, written as they are read.</summary>
internal sealed class ExportJson(KeyTransfer transfer, DateTimeOffset now) : IResult
{
    private const int FlushAt = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancel = httpContext.RequestAborted;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = "attachment; filename=\"gateway-export.json\"";
        // Hashes of secrets that no one can guess, and yet nothing to leave in a cache.
        httpContext.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteNumber("version", MovedBody.Version);
        json.WriteString("exported_at", WireTime.Write(now));
        json.WriteStartArray("teams");
        await foreach (var team in transfer.TeamsAsync(cancel))
        {
            Write(json, team);
            await FlushAsync(json, cancel);
        }

        json.WriteEndArray();
        json.WriteStartArray("keys");
        await foreach (var key in transfer.KeysAsync(cancel))
        {
            Write(json, key);
            await FlushAsync(json, cancel);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancel);
    }

    private static void Write(Utf8JsonWriter json, MovedTeam team)
    {
        json.WriteStartObject();
        json.WriteString("id", team.Id.Value);
        json.WriteString("name", team.Spec.Name);
        json.WritePropertyName("models");
        JsonSerializer.Serialize(json, team.Spec.Models?.ToArray(), AdminJson.Default.StringArray);
        json.WritePropertyName("limits");
        JsonSerializer.Serialize(json, [.. team.Spec.Limits], AdminJson.Default.LimitSpecArray);
        WriteFlag(json, "log_prompts", team.Spec.LogPrompts);
        json.WriteString("created_at", WireTime.Write(team.CreatedAt));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MovedKey key)
    {
        json.WriteStartObject();
        json.WriteString("id", key.Id.Value);
        json.WriteString("hash", Convert.ToHexStringLower(key.Hash.ToBytes()));
        json.WriteString("key_hint", key.Hint);
        json.WriteString("name", key.Spec.Name);
        json.WriteString("team_id", key.Spec.Team?.Value);
        json.WritePropertyName("models");
        JsonSerializer.Serialize(json, key.Spec.Models?.ToArray(), AdminJson.Default.StringArray);
        json.WritePropertyName("limits");
        JsonSerializer.Serialize(json, [.. key.Spec.Limits], AdminJson.Default.LimitSpecArray);
        WriteFlag(json, "log_prompts", key.Spec.LogPrompts);
        json.WriteString("expires_at", key.Spec.ExpiresAt is { } end ? WireTime.Write(end) : null);
        json.WriteStartObject("metadata");
        foreach (var (name, value) in key.Spec.Metadata)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteString("created_at", WireTime.Write(key.CreatedAt));
        json.WriteEndObject();
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? value)
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

    private static async Task FlushAsync(Utf8JsonWriter json, CancellationToken cancel)
    {
        if (json.BytesPending > FlushAt)
        {
            await json.FlushAsync(cancel);
        }
    }
}
