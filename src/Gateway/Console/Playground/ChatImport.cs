using System.Globalization;
using System.Text.Json;

namespace Gateway.Console.Playground;

/// <summary>A kept request's body as a conversation to go on with: what came before its last message, and that one to send again.</summary>
/// <param name="Turns">What was said before.</param>
/// <param name="Draft">The last message.</param>
/// <param name="Images">Its pictures.</param>
/// <param name="Parameters">As far as the playground has them.</param>
/// <param name="LeftOut">Messages that it can't send, such as those of tools.</param>
internal sealed record ChatImport(IReadOnlyList<ChatTurn> Turns, string Draft, IReadOnlyList<ChatImage> Images, ChatParameters Parameters, int LeftOut)
{
    /// <summary>Null where the body is no conversation, or was cut.</summary>
    public static ChatImport? Of(string body, TimeProvider time)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object ? Of(json.RootElement, time) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ChatImport? Of(JsonElement body, TimeProvider time)
    {
        if (Field(body, "messages", "input") is not { } said)
        {
            return null;
        }

        var parameters = Read(body);
        if (said.ValueKind == JsonValueKind.String)
        {
            return new ChatImport([], said.GetString() ?? "", [], parameters, 0);
        }

        if (said.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        List<string> system = parameters.System is { } first ? [first] : [];
        var turns = new List<ChatTurn>();
        var leftOut = 0;
        (string Text, IReadOnlyList<ChatImage> Images)? asked = null;
        foreach (var message in said.EnumerateArray())
        {
            var (role, content) = (Text(message, "role"), Field(message, "content"));
            switch (role)
            {
                case "system" or "developer":
                    system.Add(TextOf(content));
                    break;
                case "user":
                    if (asked is { } before)
                    {
                        turns.Add(new ChatTurn(before.Text, before.Images, ChatAnswer.Of("", time)));
                    }

                    asked = (TextOf(content), ImagesOf(content));
                    break;
                case "assistant" when TextOf(content) is { Length: > 0 } answer:
                    turns.Add(new ChatTurn(asked?.Text ?? "", asked?.Images ?? [], ChatAnswer.Of(answer, time)));
                    asked = null;
                    break;
                default:
                    leftOut++;
                    break;
            }
        }

        parameters.System = system.Count == 0 ? null : string.Join("\n\n", system);
        return new ChatImport(turns, asked?.Text ?? "", asked?.Images ?? [], parameters, leftOut);
    }

    private static ChatParameters Read(JsonElement body) => new()
    {
        System = Field(body, "system", "instructions") is { } system ? TextOf(system) : null,
        Temperature = Number(body, "temperature"),
        TopP = Number(body, "top_p"),
        MaxTokens = Number(body, "max_completion_tokens", "max_tokens", "max_output_tokens"),
        Seed = Number(body, "seed"),
        Stop = Field(body, "stop") switch
        {
            { ValueKind: JsonValueKind.String } one => one.GetString(),
            { ValueKind: JsonValueKind.Array } many => string.Join(',', many.EnumerateArray().Where(stop => stop.ValueKind == JsonValueKind.String).Select(stop => stop.GetString())),
            _ => null,
        },
        Effort = Text(body, "reasoning_effort") ?? "",
        Json = Field(body, "response_format") is { } format && Text(format, "type") == "json_object",
    };

    private static string TextOf(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() ?? "",
        { ValueKind: JsonValueKind.Array } parts => string.Join('\n', parts.EnumerateArray().Select(part => Text(part, "text")).OfType<string>()),
        _ => "",
    };

    private static List<ChatImage> ImagesOf(JsonElement? content)
    {
        if (content is not { ValueKind: JsonValueKind.Array } parts)
        {
            return [];
        }

        var images = new List<ChatImage>();
        foreach (var part in parts.EnumerateArray())
        {
            if (Field(part, "image_url") is { } image && (image.ValueKind == JsonValueKind.String ? image.GetString() : Text(image, "url")) is { } url)
            {
                images.Add(new ChatImage(string.Create(CultureInfo.InvariantCulture, $"picture {images.Count + 1}"), url, null, url.Length));
            }
        }

        return images;
    }

    private static string? Number(JsonElement json, params ReadOnlySpan<string> names) => Field(json, names) is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : null;

    private static string? Text(JsonElement json, string name) => Field(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>The first of these that is there.</summary>
    private static JsonElement? Field(JsonElement json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return value;
            }
        }

        return null;
    }
}
