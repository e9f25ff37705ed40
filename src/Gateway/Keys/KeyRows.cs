using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>Between a key's row and what the rest of the gateway knows of it.</summary>
internal static partial class KeyRows
{
    public static KeyRecord ToRecord(KeyRow row) => new(
        new KeyId(row.Id), row.Hint, ToSpec(row), Time(row.CreatedAt), OptionalTime(row.LastUsedAt), OptionalTime(row.RevokedAt));

    public static KeySpec ToSpec(KeyRow row) => new(row.Name, Models(row), OptionalTime(row.ExpiresAt), Metadata(row));

    public static ApiKey ToApiKey(KeyRow row) => new(new KeyId(row.Id), row.Name, TeamId: null, Models(row), OptionalTime(row.ExpiresAt));

    public static KeyRow New(KeyId id, KeyHash hash, string hint, KeySpec spec, DateTimeOffset now, long change) => new()
    {
        Id = id.Value,
        Hash = hash.ToBytes(),
        Hint = hint,
        Name = spec.Name,
        Models = ModelsText(spec),
        Metadata = MetadataText(spec),
        ExpiresAt = spec.ExpiresAt?.ToUnixTimeMilliseconds(),
        CreatedAt = now.ToUnixTimeMilliseconds(),
        Change = change,
    };

    public static void Write(KeyRow row, KeySpec spec)
    {
        row.Name = spec.Name;
        row.Models = ModelsText(spec);
        row.Metadata = MetadataText(spec);
        row.ExpiresAt = spec.ExpiresAt?.ToUnixTimeMilliseconds();
    }

    private static string[]? Models(KeyRow row) =>
        row.Models is null ? null : JsonSerializer.Deserialize(row.Models, ColumnJson.Default.StringArray);

    private static Dictionary<string, string> Metadata(KeyRow row) =>
        JsonSerializer.Deserialize(row.Metadata, ColumnJson.Default.DictionaryStringString)
        ?? throw new InvalidOperationException($"The key '{row.Id}' has null for its metadata.");

    private static string? ModelsText(KeySpec spec) =>
        spec.Models is null ? null : JsonSerializer.Serialize([.. spec.Models], ColumnJson.Default.StringArray);

    private static string MetadataText(KeySpec spec) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(spec.Metadata), ColumnJson.Default.DictionaryStringString);

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static DateTimeOffset? OptionalTime(long? milliseconds) => milliseconds is { } value ? Time(value) : null;

    [JsonSerializable(typeof(string[]))]
    [JsonSerializable(typeof(Dictionary<string, string>))]
    private sealed partial class ColumnJson : JsonSerializerContext;
}
