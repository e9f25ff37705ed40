using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Ledger;

/// <summary>A denying limit in its column: compact JSON.</summary>
internal static partial class DenyingLimitText
{
    public static string Write(DenyingLimit limit) => JsonSerializer.Serialize(limit, DenyingLimitJson.Default.DenyingLimit);

    public static DenyingLimit? Read(string text) => JsonSerializer.Deserialize(text, DenyingLimitJson.Default.DenyingLimit);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(DenyingLimit))]
    private sealed partial class DenyingLimitJson : JsonSerializerContext;
}
