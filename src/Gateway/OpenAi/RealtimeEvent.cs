using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>One event of a realtime session, a whole text message: its type, and what it says was used.</summary>
/// <param name="Type">Its type; null where it has none, or more than one.</param>
/// <param name="Usage">The usage that it reports; null where it reports none.</param>
internal readonly record struct RealtimeEvent(string? Type, TokenUsage? Usage)
{
    public static RealtimeEvent Read(ReadOnlySpan<byte> message)
    {
        string? type = null;
        var types = 0;
        var usage = new UsageReader(ApiEndpoint.Realtime);
        try
        {
            var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return default;
            }

            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var name = Name(ref reader);
                reader.Read();
                switch (name)
                {
                    case Field.Type:
                        types++;
                        type = reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
                        break;
                    case Field.Usage:
                        ReadUsage(ref reader, message, usage);
                        break;
                    case Field.Response when reader.TokenType is JsonTokenType.StartObject:
                        ReadResponse(ref reader, message, usage);
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return new RealtimeEvent(types == 1 ? type : null, usage.Usage);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Not an event: it passes, and means nothing here.
            return default;
        }
    }

    private enum Field
    {
        Other,
        Type,
        Response,
        Usage,
    }

    private static Field Name(ref readonly Utf8JsonReader reader) =>
        JsonText.Is(in reader, "type"u8) ? Field.Type : JsonText.Is(in reader, "response"u8) ? Field.Response : JsonText.Is(in reader, "usage"u8) ? Field.Usage : Field.Other;

    private static void ReadResponse(ref Utf8JsonReader reader, ReadOnlySpan<byte> message, UsageReader usage)
    {
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isUsage = JsonText.Is(in reader, "usage"u8);
            reader.Read();
            if (isUsage)
            {
                ReadUsage(ref reader, message, usage);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadUsage(ref Utf8JsonReader reader, ReadOnlySpan<byte> message, UsageReader usage)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        usage.Read(message[start..(int)reader.BytesConsumed]);
    }
}
