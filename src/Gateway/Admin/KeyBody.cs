using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>Reads what an admin says about a key, field by field: what is absent stays as it was, null clears, an unknown field is refused by its name.</summary>
internal static class KeyBody
{
    // OpenAI's own bounds for metadata.
    private const int MaxMetadata = 16;
    private const int MaxMetadataName = 64;
    private const int MaxMetadataValue = 512;

    private static readonly IReadOnlyList<string> Accepted = ["name", "team_id", "models", "limits", "expires_at", "log_prompts", "metadata"];

    private static readonly FrozenDictionary<string, string> NoMetadata = FrozenDictionary<string, string>.Empty;

    /// <summary>A key of which nothing is said yet.</summary>
    public static KeySpec Empty { get; } = new(Name: "", Models: null, ExpiresAt: null, NoMetadata);

    public static Outcome<KeySpec> ReadNew(JsonElement body)
    {
        var spec = Change(body, Empty);
        return spec.TryGet(out var read, out _) && read.Name.Length == 0 ? BodyFields.NameRefused() : spec;
    }

    public static Outcome<KeySpec> Change(JsonElement body, KeySpec spec)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (!With(spec, field).TryGet(out var next, out var refusal))
            {
                return refusal;
            }

            spec = next;
        }

        return spec;
    }

    public static Outcome<KeySpec> With(KeySpec spec, JsonProperty field)
    {
        GatewayError? refusal;
        switch (field.Name)
        {
            case "name":
                return BodyFields.Name(field.Value).TryGet(out var name, out refusal) ? spec with { Name = name } : refusal;
            case "team_id":
                return WithTeam(field.Value, spec);
            case "models":
                return BodyFields.TryModels(field.Value, out var models, out refusal) ? spec with { Models = models } : refusal;
            case "limits":
                return LimitsBody.Read(field.Value, LimitScope.Key).TryGet(out var limits, out refusal) ? spec with { Limits = limits } : refusal;
            case "expires_at":
                return WithExpiry(field.Value, spec);
            case "metadata":
                return WithMetadata(field.Value, spec);
            case "log_prompts":
                return BodyFields.TryFlag(field, out var logPrompts, out refusal) ? spec with { LogPrompts = logPrompts } : refusal;
            default:
                return GatewayError.UnknownField(field.Name, Accepted);
        }
    }

    /// <summary>Whether there is such a team is asked where the key is written, so that it can't go meanwhile.</summary>
    private static Outcome<KeySpec> WithTeam(JsonElement value, KeySpec spec)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return spec with { Team = null };
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && new TeamId(text) is { IsWellFormed: true } id
            ? spec with { Team = id }
            : GatewayError.InvalidRequest("'team_id' must be the id of a team, 'team_…', or null for none. GET /admin/teams lists those there are.", "team_id");
    }

    private static Outcome<KeySpec> WithExpiry(JsonElement value, KeySpec spec)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return spec with { ExpiresAt = null };
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && AdminTime.Parse(text) is { } time
            ? spec with { ExpiresAt = time }
            : GatewayError.InvalidRequest($"'expires_at' must be an RFC 3339 time such as {AdminTime.Example}, or null for never.", "expires_at");
    }

    private static Outcome<KeySpec> WithMetadata(JsonElement value, KeySpec spec)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return spec with { Metadata = NoMetadata };
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            return MetadataRefused();
        }

        var metadata = new Dictionary<string, string>();
        foreach (var entry in value.EnumerateObject())
        {
            if (metadata.Count == MaxMetadata || entry.Name.Length is 0 or > MaxMetadataName
                || entry.Value.ValueKind != JsonValueKind.String || entry.Value.GetString() is not { Length: <= MaxMetadataValue } text)
            {
                return MetadataRefused();
            }

            metadata.Add(entry.Name, text);
        }

        return spec with { Metadata = metadata };
    }

    private static GatewayError MetadataRefused() => GatewayError.InvalidRequest(
        $"'metadata' must be an object of at most {MaxMetadata} strings, names of up to {MaxMetadataName} and values of up to {MaxMetadataValue} characters.", "metadata");
}
