using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.OpenAi;

namespace Gateway.Console.Playground;

/// <summary>Builds the body of a chat call: nothing in it that nobody asked for.</summary>
internal static class ChatBody
{
    /// <summary>The <c>user</c> of the playground's calls, so that usage can tell them from others.</summary>
    public const string User = "playground";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="model">The model's name.</param>
    /// <param name="parameters">What the reader set.</param>
    /// <param name="turns">The conversation; the last one has no answer yet.</param>
    /// <param name="forShow">Whether it is to be shown: pictures are shortened and the playground's own mark left out.</param>
    public static Outcome<string> Write(string model, ChatParameters parameters, IReadOnlyList<ChatTurn> turns, bool forShow)
    {
        var body = new JsonObject { ["model"] = model, ["messages"] = Messages(parameters, turns, forShow) };
        if (parameters.Stream)
        {
            body["stream"] = true;
        }

        if (!forShow)
        {
            body["user"] = User;
        }

        return (Set(body, parameters) ?? Merge(body, parameters.Raw)) is { } fault ? GatewayError.InvalidRequest(fault) : body.ToJsonString(Readable);
    }

    private static JsonArray Messages(ChatParameters parameters, IReadOnlyList<ChatTurn> turns, bool forShow)
    {
        var messages = new JsonArray();
        if (!string.IsNullOrWhiteSpace(parameters.System))
        {
            messages.Add(new JsonObject { ["role"] = "system", ["content"] = parameters.System });
        }

        foreach (var turn in turns)
        {
            // A conversation that was taken over may begin with an answer.
            if (turn.Text.Length > 0 || turn.Images.Count > 0)
            {
                messages.Add(new JsonObject { ["role"] = "user", ["content"] = Content(turn, forShow) });
            }

            if (turn.Answer is { IsDone: true, Text: { Length: > 0 } answer })
            {
                messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = answer });
            }
        }

        return messages;
    }

    private static JsonNode Content(ChatTurn turn, bool forShow)
    {
        // One that was not kept over a reload has a name alone.
        List<ChatImage> images = [.. turn.Images.Where(image => image.DataUrl.Length > 0)];
        if (images.Count == 0)
        {
            return turn.Text;
        }

        var parts = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = turn.Text });
        foreach (var image in images)
        {
            var url = forShow ? $"data:<{image.Name}>" : image.DataUrl;
            parts.Add(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = url } });
        }

        return parts;
    }

    /// <returns>What is wrong with a field; null where nothing is.</returns>
    private static string? Set(JsonObject body, ChatParameters parameters)
    {
        foreach (var (name, text) in new[]
        {
            ("temperature", parameters.Temperature), ("top_p", parameters.TopP), ("max_tokens", parameters.MaxTokens), ("seed", parameters.Seed),
        })
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return $"{name}: “{text}” is not a number.";
            }

            body[name] = value;
        }

        if (!string.IsNullOrEmpty(parameters.Stop))
        {
            body["stop"] = new JsonArray([.. parameters.Stop.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(stop => JsonValue.Create(stop))]);
        }

        if (parameters.Effort.Length > 0)
        {
            body["reasoning_effort"] = parameters.Effort;
        }

        if (parameters.Json)
        {
            body["response_format"] = new JsonObject { ["type"] = "json_object" };
        }

        return null;
    }

    private static string? Merge(JsonObject body, string? raw)
    {
        if (string.IsNullOrWhiteSpace(raw))
        {
            return null;
        }

        try
        {
            if (JsonNode.Parse(raw, null, new JsonDocumentOptions { AllowDuplicateProperties = false }) is not JsonObject over)
            {
                return "Raw body: a JSON object is needed.";
            }

            foreach (var (name, value) in over)
            {
                body[name] = value?.DeepClone();
            }

            return null;
        }
        catch (JsonException failure)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Raw body: not valid JSON at line {failure.LineNumber + 1}, column {failure.BytePositionInLine + 1}.");
        }
    }
}
