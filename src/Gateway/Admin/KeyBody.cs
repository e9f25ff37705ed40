using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>Reads what an admin says about a key, field by field: what is absent stays as it was, null clears, an unknown field is refused by its name.</summary>
internal static class KeyBody
{
    private const int MaxName = 200;
    private const int MaxModels = 1_000;
    private const int MaxModelName = 256;

    // OpenAI's own bounds for metadata.
    private const int MaxMetadata = 16;
    private const int MaxMetadataName = 64;
    private const int MaxMetadataValue = 512;

    private static readonly IReadOnlyList<string> Accepted = ["name", "models", "expires_at", "metadata"];

    private static readonly FrozenDictionary<string, string> NoMetadata = FrozenDictionary<string, string>.Empty;

    public static Outcome<KeySpec> ReadNew(JsonElement body)
    {
        var spec = Change(body, new KeySpec(Name: "", Models: null, ExpiresAt: null, NoMetadata));
        return spec.TryGet(out var read, out _) && read.Name.Length == 0 ? NameRefused() : spec;
    }

    public static Outcome<KeySpec> Change(JsonElement body, KeySpec spec)
    {
        foreach (var field in body.EnumerateObject())
        {
            var changed = field.Name switch
            {
                "name" => WithName(field.Value, spec),
                "models" => WithModels(field.Value, spec),
                "expires_at" => WithExpiry(field.Value, spec),
                "metadata" => WithMetadata(field.Value, spec),
                _ => GatewayError.UnknownField(field.Name, Accepted),
            };
            if (!changed.TryGet(out var next, out var refusal))
            {
                return refusal;
            }

            spec = next;
        }

        return spec;
    }

    private static Outcome<KeySpec> WithName(JsonElement value, KeySpec spec) =>
        Text(value, MaxName) is { } name && !string.IsNullOrWhiteSpace(name) ? spec with { Name = name } : NameRefused();

    private static GatewayError NameRefused() => GatewayError.InvalidRequest(
        $"'name' is required: a string of 1 to {MaxName} characters without control characters.", "name");

    private static Outcome<KeySpec> WithModels(JsonElement value, KeySpec spec)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return spec with { Models = null };
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > MaxModels)
        {
            return ModelsRefused();
        }

        var models = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (Text(item, MaxModelName) is not { } model)
            {
                return ModelsRefused();
            }

            models.Add(model);
        }

        return spec with { Models = models };
    }

    private static GatewayError ModelsRefused() => GatewayError.InvalidRequest(
        $"'models' must be a list of 1 to {MaxModels} names or patterns such as \"gpt-4*\", each of 1 to {MaxModelName} characters without control characters; null allows every model. "
        + "An empty list would allow none: revoke the key instead.",
        "models");

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

    private static string? Text(JsonElement value, int maxLength) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= maxLength && !text.Any(char.IsControl) ? text : null;
}
