using System.Text.Json;

namespace Gateway.Console.Playground;

/// <summary>Reads a chat's answer, in one piece or as events, into what the page shows.</summary>
internal static class ChatStream
{
    private const string Data = "data:";

    public static async Task ReadAsync(HttpResponseMessage response, ChatAnswer answer, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        if (!response.IsSuccessStatusCode)
        {
            await FailAsync(response, body, answer, cancel);
            return;
        }

        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            using var whole = await JsonDocument.ParseAsync(body, default, cancel);
            Take(whole.RootElement, "message", answer);
            return;
        }

        using var lines = new StreamReader(body);
        while (await lines.ReadLineAsync(cancel) is { } line)
        {
            if (!line.StartsWith(Data, StringComparison.Ordinal))
            {
                continue;
            }

            var data = line.AsMemory(Data.Length).Trim();
            if (data.Span is "[DONE]")
            {
                return;
            }

            using var chunk = JsonDocument.Parse(data);
            Take(chunk.RootElement, "delta", answer);
        }
    }

    private static void Take(JsonElement json, string part, ChatAnswer answer)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (json.TryGetProperty("error", out var error))
        {
            answer.Fail(TextOf(error, "message") ?? "The provider broke off with an error.", TextOf(error, "code"), null);
        }

        if (json.TryGetProperty("choices", out var choices) && choices is { ValueKind: JsonValueKind.Array } && choices.GetArrayLength() > 0
            && choices[0].ValueKind == JsonValueKind.Object && choices[0].TryGetProperty(part, out var said))
        {
            var text = TextOf(said, "content") ?? TextOf(said, "refusal");
            var reasoning = TextOf(said, "reasoning_content") ?? TextOf(said, "reasoning");
            if (text is not null || reasoning is not null)
            {
                answer.Append(text, reasoning);
            }
        }
    }

    private static async Task FailAsync(HttpResponseMessage response, Stream body, ChatAnswer answer, CancellationToken cancel)
    {
        string? message = null;
        string? code = null;
        try
        {
            using var json = await JsonDocument.ParseAsync(body, default, cancel);
            if (json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error))
            {
                (message, code) = (error.ValueKind == JsonValueKind.String ? error.GetString() : TextOf(error, "message"), TextOf(error, "code") ?? TextOf(error, "type"));
            }
        }
        catch (JsonException)
        {
            // Not the form of an error; its status is what there is to say.
        }

        answer.Fail(message ?? $"The call failed with HTTP {(int)response.StatusCode}.", code, response.Headers.RetryAfter?.Delta);
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
