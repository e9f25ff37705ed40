using System.Text.Json;

namespace Gateway.Tokens;

/// <summary>
/// The prompts of the Responses API (<c>input</c>, <c>instructions</c>, <c>tools</c>, the schema in <c>text</c>) and of Anthropic's (<c>messages</c>, <c>system</c>,
/// <c>tools</c>), by the rules of <see cref="PromptWalk"/>: 3 tokens an item or message, the text of its parts, 765 for each image or file (85 for an image in low
/// detail), the JSON of tools, schemas and a tool's input as text.
/// </summary>
internal static class ItemWalk
{
    private const string Messages = "messages";

    public static bool Knows(string endpoint) => endpoint is "responses" or "responses/compact" or "responses/input_tokens" or Messages or "messages/count_tokens";

    public static void CountFields(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string endpoint, TokenTally tally)
    {
        var isMessages = endpoint.StartsWith(Messages, StringComparison.Ordinal);
        while (PromptWalk.NextField(ref reader, out var name))
        {
            if (isMessages ? name.Is("messages"u8) : name.Is("input"u8))
            {
                CountItems(ref reader, body, tally);
            }
            else if (isMessages ? name.Is("system"u8) : name.Is("instructions"u8))
            {
                tally.AddTokens(PromptWalk.PerMessage);
                CountValue(ref reader, body, tally);
            }
            else if (name.Is("tools"u8))
            {
                PromptWalk.CountDefinitions(ref reader, body, tally);
            }
            else if (!isMessages && name.Is("text"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                CountFormat(ref reader, body, tally);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void CountItems(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        tally.AddTokens(PromptWalk.AnswerStart);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            // A text alone is one message of the user's.
            tally.AddTokens(PromptWalk.PerMessage);
            CountValue(ref reader, body, tally);
            return;
        }

        while (PromptWalk.NextElement(ref reader))
        {
            tally.AddTokens(PromptWalk.PerMessage);
            CountValue(ref reader, body, tally);
        }
    }

    /// <summary>A text, an object with text in it, or a list of either.</summary>
    private static void CountValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                CountObject(ref reader, body, tally);
                break;
            case JsonTokenType.StartArray:
                while (PromptWalk.NextElement(ref reader))
                {
                    CountValue(ref reader, body, tally);
                }

                break;
            default:
                PromptWalk.CountText(ref reader, tally);
                break;
        }
    }

    private static void CountObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        var (isMedia, isLow) = (false, false);
        while (PromptWalk.NextField(ref reader, out var name))
        {
            if (name.Is("content"u8) || name.Is("output"u8) || name.Is("summary"u8))
            {
                CountValue(ref reader, body, tally);
            }
            else if (name.Is("input"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                PromptWalk.CountJson(ref reader, body, tally);
            }
            else if (name.Is("detail"u8))
            {
                isLow = reader.TokenType == JsonTokenType.String && JsonText.Reads(reader.ValueSpan, "low"u8);
                reader.Skip();
            }
            else if (IsText(name))
            {
                PromptWalk.CountText(ref reader, tally);
            }
            else
            {
                isMedia |= IsMedia(name);
                reader.Skip();
            }
        }

        tally.AddTokens(!isMedia ? 0 : isLow ? PromptWalk.LowDetailImage : PromptWalk.Media);
    }

    private static bool IsText(PromptWalk.FieldName name) =>
        name.Is("text"u8) || name.Is("role"u8) || name.Is("refusal"u8) || name.Is("name"u8) || name.Is("arguments"u8) || name.Is("thinking"u8)
        || name.Is("input"u8) || name.Is("query"u8) || name.Is("title"u8) || name.Is("context"u8);

    private static bool IsMedia(PromptWalk.FieldName name) =>
        name.Is("image_url"u8) || name.Is("file_id"u8) || name.Is("file_data"u8) || name.Is("file_url"u8) || name.Is("source"u8);

    private static void CountFormat(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        while (PromptWalk.NextField(ref reader, out var name))
        {
            if (name.Is("format"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                PromptWalk.CountJson(ref reader, body, tally);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
