using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>One message of the responses API's WebSocket, from either side: what it is, and which response it is about.</summary>
/// <param name="Type">Its type; null where it has none, or more than one.</param>
/// <param name="Lane">Its <c>stream_id</c>: responses of one lane run one after the other. Empty where it names none.</param>
/// <param name="ResponseId">The id of the response that it tells of; null where it names none.</param>
/// <param name="Status">The HTTP status that an error stands for; null where it tells none.</param>
internal readonly record struct ResponsesEvent(string? Type, string Lane, string? ResponseId, int? Status)
{
    /// <summary>Longer names of lanes are refused: each is kept while its responses run.</summary>
    public const int MaxLane = 256;

    /// <summary>A response holds its whole request, and more.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    /// <summary>What is no event.</summary>
    public static readonly ResponsesEvent None = new(null, "", null, null);

    public bool IsCreate => Type is "response.create";

    public bool IsError => Type is "error";

    /// <summary>Whether the response has come to its end.</summary>
    public bool IsEnd => Type is "response.completed" or "response.incomplete" or "response.failed" or "response.cancelled";

    public static ResponsesEvent Read(ReadOnlySpan<byte> message)
    {
        var read = None;
        var types = 0;
        try
        {
            var reader = new Utf8JsonReader(message, Options);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return read;
            }

            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var (isType, isLane) = (JsonText.Is(in reader, "type"u8), JsonText.Is(in reader, "stream_id"u8));
                var (isResponse, isStatus) = (JsonText.Is(in reader, "response"u8), JsonText.Is(in reader, "status"u8));
                reader.Read();
                if (isType)
                {
                    types++;
                    read = read with { Type = Text(ref reader) };
                }
                else if (isLane)
                {
                    read = read with { Lane = Text(ref reader) ?? "" };
                }
                else if (isStatus && reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var status))
                {
                    read = read with { Status = status };
                }
                else if (isResponse && reader.TokenType is JsonTokenType.StartObject)
                {
                    read = read with { ResponseId = ReadId(ref reader) };
                }
                else
                {
                    reader.Skip();
                }
            }

            return types == 1 ? read : read with { Type = null };
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Not an event.
            return None;
        }
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.String)
        {
            return BodyJson.ReadText(ref reader, MaxLane + 1);
        }

        reader.Skip();
        return null;
    }

    private static string? ReadId(ref Utf8JsonReader reader)
    {
        string? id = null;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isId = JsonText.Is(in reader, "id"u8);
            reader.Read();
            if (isId)
            {
                id = Text(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return id;
    }
}
