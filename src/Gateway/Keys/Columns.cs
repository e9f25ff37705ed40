using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Quotas;

namespace Gateway.Keys;

/// <summary>What the columns of keys and teams hold: JSON for what has parts, unix milliseconds for times.</summary>
internal static partial class Columns
{
    public static string[]? ReadModels(string? text) => text is null ? null : JsonSerializer.Deserialize(text, ColumnJson.Default.StringArray);

    public static string? WriteModels(IReadOnlyList<string>? models) =>
        models is null ? null : JsonSerializer.Serialize([.. models], ColumnJson.Default.StringArray);

    public static IReadOnlyList<LimitSpec> ReadLimits(string? text) =>
        text is null ? [] : JsonSerializer.Deserialize(text, ColumnJson.Default.LimitSpecArray) ?? [];

    public static string? WriteLimits(IReadOnlyList<LimitSpec> limits) =>
        limits.Count == 0 ? null : JsonSerializer.Serialize([.. limits], ColumnJson.Default.LimitSpecArray);

    /// <summary>The limits of a row, checked when they were written.</summary>
    public static IReadOnlyList<Limit> ResolveLimits(LimitScope scope, string id, string? text) =>
        LimitRules.Resolve(scope, id, ReadLimits(text)).TryGet(out var limits, out var error)
            ? limits
            : throw new InvalidOperationException($"The limits stored for '{id}' are not sound: {error.Message}");

    public static Dictionary<string, string> ReadMetadata(string text) =>
        JsonSerializer.Deserialize(text, ColumnJson.Default.DictionaryStringString) ?? throw new InvalidOperationException("A key has null for its metadata.");

    public static string WriteMetadata(IReadOnlyDictionary<string, string> metadata) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(metadata), ColumnJson.Default.DictionaryStringString);

    public static DateTimeOffset ReadTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? ReadTime(long? milliseconds) => milliseconds is { } value ? ReadTime(value) : null;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(string[]))]
    [JsonSerializable(typeof(LimitSpec[]))]
    [JsonSerializable(typeof(Dictionary<string, string>))]
    private sealed partial class ColumnJson : JsonSerializerContext;
}
