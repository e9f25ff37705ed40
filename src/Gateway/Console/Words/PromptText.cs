using System.Text.Json;
using Gateway.Prompts;

namespace Gateway.Console.Words;

/// <summary>A kept prompt as messages, where it has any.</summary>
internal static class PromptText
{
    private const int MostMessages = 100;

    /// <summary>The chat's messages with their texts; nothing where the body is of another form, or was cut.</summary>
    public static IReadOnlyList<(string Role, string Text)> Messages(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array
                ? [.. messages.EnumerateArray().Where(message => message.ValueKind == JsonValueKind.Object).Take(MostMessages).Select(Of)]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static string NameOf(AnswerPartText part) => part.Kind switch
    {
        "content" => part.Choice == 0 ? "Answer" : $"Answer {part.Choice + 1}",
        "reasoning" => "Reasoning",
        "refusal" => "Refusal",
        _ => "Call of a tool",
    };

    private static (string Role, string Text) Of(JsonElement message)
    {
        var role = message.TryGetProperty("role", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() ?? "" : "message";
        var text = !message.TryGetProperty("content", out var content) ? ""
            : content.ValueKind == JsonValueKind.String ? content.GetString() ?? ""
            : content.ValueKind == JsonValueKind.Array ? string.Join('\n', content.EnumerateArray().Select(PartOf))
            : content.GetRawText();
        return (role, text);
    }

    private static string PartOf(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() ?? ""
        : part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? $"[{type.GetString()}]"
        : "[…]";
}
