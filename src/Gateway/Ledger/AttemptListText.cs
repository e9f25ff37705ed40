using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Ledger;

/// <summary>A call's attempts in their column: compact JSON. Most calls have one that went well, which their row tells; then the column is empty.</summary>
internal static partial class AttemptListText
{
    public static string? Write(IReadOnlyList<AttemptEntry>? attempts) =>
        attempts is null ? null : JsonSerializer.Serialize([.. attempts], AttemptListJson.Default.AttemptEntryArray);

    public static IReadOnlyList<AttemptEntry>? Read(string? text) => text is null ? null : JsonSerializer.Deserialize(text, AttemptListJson.Default.AttemptEntryArray);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(AttemptEntry[]))]
    private sealed partial class AttemptListJson : JsonSerializerContext;
}
