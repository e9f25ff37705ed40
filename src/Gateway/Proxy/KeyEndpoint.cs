using System.Buffers;
using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Quotas;

namespace Gateway.Proxy;

/// <summary><c>GET /v1/key</c>: what the caller's own key may use, and how much of it is left.</summary>
internal sealed class KeyEndpoint(CallerKey caller, LimitFigures figures)
{
    public async Task ShowAsync(HttpContext http)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        var limits = await figures.ShowAsync(QuotaShard.TagOf(key.Id, key.TeamId), key.Limits, http.RequestAborted);
        var body = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(body))
        {
            Write(json, key, limits);
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        // The figures are of this moment.
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, ApiKey key, IReadOnlyList<LimitView> limits)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, key.Id.Value);
        json.WriteString("name"u8, key.Name);
        json.WriteString("team"u8, key.Team?.Name);
        WriteModels(json, key.Models ?? key.Team?.Models);
        json.WriteStartArray("limits"u8);
        foreach (var limit in limits)
        {
            WriteLimit(json, limit);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModels(Utf8JsonWriter json, IReadOnlyList<string>? models)
    {
        if (models is null)
        {
            json.WriteNull("models"u8);
            return;
        }

        json.WriteStartArray("models"u8);
        foreach (var model in models)
        {
            json.WriteStringValue(model);
        }

        json.WriteEndArray();
    }

    private static void WriteLimit(Utf8JsonWriter json, LimitView limit)
    {
        json.WriteStartObject();
        json.WriteString("unit"u8, limit.Unit);
        json.WriteNumber("limit"u8, limit.Limit);
        json.WriteString("per"u8, limit.Per);
        json.WriteString("model"u8, limit.Model);
        json.WriteString("mode"u8, limit.Mode);
        WriteAmount(json, "used", limit.Used);
        WriteAmount(json, "reserved", limit.Reserved);
        WriteAmount(json, "remaining", limit.Remaining);
        json.WriteString("resets_at"u8, limit.ResetsAt is { } resets ? WireTime.Write(resets) : null);
        json.WriteEndObject();
    }

    private static void WriteAmount(Utf8JsonWriter json, string name, decimal? amount)
    {
        if (amount is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
