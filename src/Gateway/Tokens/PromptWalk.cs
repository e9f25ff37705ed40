using System.Text.Json;

namespace Gateway.Tokens;

/// <summary>
/// Walks a request's body and puts into a tally what the provider counts as the prompt. Fields of unexpected type count nothing.
/// <list type="bullet">
/// <item>Chat (the rule of OpenAI's cookbook): 3 tokens a message, the text of each of its string fields, 1 more for <c>name</c>,
/// and 3 for the start of the answer. Of content parts <c>text</c> and <c>refusal</c> count as text. Of <c>tool_calls</c> and
/// <c>function_call</c> the names and arguments count.</item>
/// <item>Images: 85 tokens with <c>"detail": "low"</c>, else 765 (1,024 × 1,024 in high detail). Files and videos: 765 each. Audio: one
/// token for each 1,024 base64 characters (10 tokens a second of MP3 at 64 kbit/s).</item>
/// <item><c>tools</c>, <c>functions</c> and <c>response_format.json_schema</c>: their JSON as sent, as text; 12 more where there is any tool or function.</item>
/// <item><c>prompt</c>, <c>suffix</c> and <c>input</c>: strings as text, each number in an array as one token, arrays within arrays added up.</item>
/// <item>The items of the Responses API and Anthropic's messages: see <see cref="ItemWalk"/>.</item>
/// </list>
/// </summary>
internal static class PromptWalk
{
    internal const int PerMessage = 3;
    private const int PerName = 1;
    internal const int AnswerStart = 3;
    internal const int Tools = 12;
    internal const int LowDetailImage = 85;
    internal const int Media = 765;
    private const int AudioCharsPerToken = 1024;

    // Deeper than the gateway lets a body be (128), so that only a body nobody checked can exceed it.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    /// <returns>Whether the body could be read to its end.</returns>
    public static bool Count(ReadOnlySpan<byte> body, string endpoint, TokenTally tally)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                CountFields(ref reader, body, endpoint, tally);
            }

            return true;
        }
        catch (JsonException)
        {
            // The gateway refuses such a body before; what was read of it is counted.
            return false;
        }
    }

    private static void CountFields(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string endpoint, TokenTally tally)
    {
        if (ItemWalk.Knows(endpoint))
        {
            ItemWalk.CountFields(ref reader, body, endpoint, tally);
            return;
        }

        var known = endpoint is "chat/completions" or "completions" or "embeddings" or "moderations" or "images/generations";
        var chat = !known || endpoint == "chat/completions";
        var completion = !known || endpoint is "completions" or "images/generations";
        var embeddings = !known || endpoint is "embeddings" or "moderations";
        while (NextField(ref reader, out var name))
        {
            if (chat && name.Is("messages"u8))
            {
                CountMessages(ref reader, tally);
            }
            else if (chat && (name.Is("tools"u8) || name.Is("functions"u8)))
            {
                CountDefinitions(ref reader, body, tally);
            }
            else if (chat && name.Is("response_format"u8))
            {
                CountSchema(ref reader, body, tally);
            }
            else if ((completion && (name.Is("prompt"u8) || name.Is("suffix"u8)))
                || (embeddings && name.Is("input"u8))
                || (!known && (name.Is("instructions"u8) || name.Is("system"u8))))
            {
                CountInput(ref reader, tally);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void CountMessages(ref Utf8JsonReader reader, TokenTally tally)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (NextElement(ref reader))
        {
            tally.AddTokens(PerMessage);
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                CountMessage(ref reader, tally);
            }
            else
            {
                CountText(ref reader, tally);
            }
        }

        tally.AddTokens(AnswerStart);
    }

    private static void CountMessage(ref Utf8JsonReader reader, TokenTally tally)
    {
        while (NextField(ref reader, out var name))
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                tally.AddTokens(name.Is("name"u8) ? PerName : 0);
                CountText(ref reader, tally);
            }
            else if (name.Is("content"u8) && reader.TokenType == JsonTokenType.StartArray)
            {
                while (NextElement(ref reader))
                {
                    CountPart(ref reader, tally);
                }
            }
            else if (name.Is("tool_calls"u8) || name.Is("function_call"u8))
            {
                CountCalls(ref reader, tally);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void CountPart(ref Utf8JsonReader reader, TokenTally tally)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            CountText(ref reader, tally);
            return;
        }

        while (NextField(ref reader, out var name))
        {
            if (name.Is("text"u8) || name.Is("refusal"u8))
            {
                CountText(ref reader, tally);
            }
            else if (name.Is("image_url"u8))
            {
                tally.AddTokens(FieldReads(ref reader, "detail"u8, "low"u8) ? LowDetailImage : Media);
            }
            else if (name.Is("input_audio"u8))
            {
                CountAudio(ref reader, tally);
            }
            else
            {
                tally.AddTokens(name.Is("file"u8) || name.Is("video_url"u8) ? Media : 0);
                reader.Skip();
            }
        }
    }

    private static void CountAudio(ref Utf8JsonReader reader, TokenTally tally)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (NextField(ref reader, out var name))
        {
            if (name.Is("data"u8) && reader.TokenType == JsonTokenType.String)
            {
                tally.AddTokens((reader.ValueSpan.Length + AudioCharsPerToken - 1) / AudioCharsPerToken);
            }

            reader.Skip();
        }
    }

    /// <summary>Names, arguments and inputs, wherever they are in the calls: functions have them one level below custom tools' and the old form's.</summary>
    private static void CountCalls(ref Utf8JsonReader reader, TokenTally tally)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return;
        }

        var depth = reader.CurrentDepth;
        var wanted = false;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = new FieldName(ref reader);
                wanted = name.Is("name"u8) || name.Is("arguments"u8) || name.Is("input"u8);
            }
            else if (wanted)
            {
                CountText(ref reader, tally);
                wanted = false;
            }
        }
    }

    internal static void CountDefinitions(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var any = false;
        while (NextElement(ref reader))
        {
            any = true;
            CountJson(ref reader, body, tally);
        }

        tally.AddTokens(any ? Tools : 0);
    }

    private static void CountSchema(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (NextField(ref reader, out var name))
        {
            if (name.Is("json_schema"u8))
            {
                CountJson(ref reader, body, tally);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    internal static void CountInput(ref Utf8JsonReader reader, TokenTally tally)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var depth = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            CountText(ref reader, tally);
            return;
        }

        while (reader.Read() && reader.CurrentDepth > depth)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    CountText(ref reader, tally);
                    break;
                case JsonTokenType.Number:
                    tally.AddTokens(1);
                    break;
                case JsonTokenType.StartObject:
                    CountPart(ref reader, tally);
                    break;
            }
        }
    }

    internal static void CountText(ref Utf8JsonReader reader, TokenTally tally)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            tally.AddJsonText(reader.ValueSpan, reader.ValueIsEscaped);
        }
        else
        {
            reader.Skip();
        }
    }

    internal static void CountJson(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, TokenTally tally)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        tally.AddText(body[start..(int)reader.BytesConsumed]);
    }

    internal static bool FieldReads(ref Utf8JsonReader reader, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        var reads = false;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (NextField(ref reader, out var name))
            {
                if (name.Is(field))
                {
                    reads = reader.TokenType == JsonTokenType.String && JsonText.Reads(reader.ValueSpan, value);
                }

                reader.Skip();
            }
        }

        return reads;
    }

    /// <summary>Goes to the next field's value; at the object's end, false.</summary>
    internal static bool NextField(ref Utf8JsonReader reader, out FieldName name)
    {
        name = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            return false;
        }

        name = new FieldName(ref reader);
        return reader.Read();
    }

    internal static bool NextElement(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType != JsonTokenType.EndArray;

    internal readonly ref struct FieldName(ref Utf8JsonReader reader)
    {
        private readonly ReadOnlySpan<byte> _json = reader.ValueSpan;

        public bool Is(ReadOnlySpan<byte> ascii) => JsonText.Reads(_json, ascii);
    }
}
