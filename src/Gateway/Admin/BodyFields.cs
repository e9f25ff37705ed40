using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>The fields that keys and teams have in common.</summary>
internal static class BodyFields
{
    private const int MaxName = 200;
    private const int MaxModels = 1_000;
    private const int MaxModelName = 256;

    public static Outcome<string> Name(JsonElement value) =>
        Text(value, MaxName) is { } name && !string.IsNullOrWhiteSpace(name) ? name : NameRefused();

    public static GatewayError NameRefused() => GatewayError.InvalidRequest($"'name' is required: a string of 1 to {MaxName} characters without control characters.", "name");

    /// <param name="value">The field.</param>
    /// <param name="models">Null for every model.</param>
    /// <param name="refusal">What is wrong with it.</param>
    public static bool TryModels(JsonElement value, out IReadOnlyList<string>? models, [NotNullWhen(false)] out GatewayError? refusal)
    {
        models = null;
        refusal = null;
        if (value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= MaxModels)
        {
            string?[] names = [.. value.EnumerateArray().Select(item => Text(item, MaxModelName))];
            models = [.. names.OfType<string>()];
            if (models.Count == names.Length)
            {
                return true;
            }
        }

        refusal = GatewayError.InvalidRequest(
            $"'models' must be a list of 1 to {MaxModels} names or patterns such as \"gpt-4*\", each of 1 to {MaxModelName} characters without control characters; null allows every model. "
            + "An empty list would allow none: revoke the key instead.",
            "models");
        return false;
    }

    /// <param name="field">The field.</param>
    /// <param name="flag">Null where it is null: then somebody else decides.</param>
    /// <param name="refusal">What is wrong with it.</param>
    public static bool TryFlag(JsonProperty field, out bool? flag, [NotNullWhen(false)] out GatewayError? refusal)
    {
        flag = field.Value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };
        refusal = flag is null && field.Value.ValueKind != JsonValueKind.Null
            ? GatewayError.InvalidRequest($"'{field.Name}' must be true, false or null.", field.Name)
            : null;
        return refusal is null;
    }

    public static string? Text(JsonElement value, int maxLength) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= maxLength && !text.Any(char.IsControl) ? text : null;
}
