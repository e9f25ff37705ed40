using System.Buffers;
using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>The few moves that passes over a body are made of. All expect what <see cref="JsonBytes"/> checks, and a body in one piece.</summary>
internal static class BodyJson
{
    /// <summary>One level more than is allowed, so that too deep can be told from broken.</summary>
    public static readonly JsonReaderOptions Options = new() { MaxDepth = RequestEnvelope.MaxNesting + 1 };

    /// <summary>Goes to the end of the value at the reader, or refuses its depth.</summary>
    public static GatewayError? Skip(ref Utf8JsonReader json)
    {
        var depth = json.CurrentDepth;
        while (true)
        {
            if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (json.CurrentDepth >= RequestEnvelope.MaxNesting)
                {
                    return GatewayError.InvalidJson($"The body nests deeper than the {RequestEnvelope.MaxNesting} levels accepted here.");
                }
            }
            else if (json.CurrentDepth == depth)
            {
                return null;
            }

            json.Read();
        }
    }

    /// <summary>Where the token at the reader stands: a string with its quotes, of an object or array its first byte.</summary>
    public static ByteRange TokenRange(ref readonly Utf8JsonReader json)
    {
        var quotes = json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? 2 : 0;
        return new ByteRange((int)json.TokenStartIndex, json.ValueSpan.Length + quotes);
    }

    /// <summary>Digits only: an exponent, a fraction or a minus makes no integer here, even where its value is one.</summary>
    public static bool TryReadInteger(ref readonly Utf8JsonReader json, out long value)
    {
        value = 0;
        return json.TokenType == JsonTokenType.Number && json.ValueSpan[0] != (byte)'-' && json.TryGetInt64(out value);
    }

    /// <summary>The text of the string at the reader, cut to a length in UTF-16 units without halving a surrogate pair.</summary>
    public static string ReadText(ref readonly Utf8JsonReader json, int maxLength)
    {
        var chars = ArrayPool<char>.Shared.Rent(json.ValueSpan.Length);
        var length = json.CopyString(chars);
        if (length > maxLength)
        {
            length = char.IsHighSurrogate(chars[maxLength - 1]) ? maxLength - 1 : maxLength;
        }

        var text = new string(chars, 0, length);
        ArrayPool<char>.Shared.Return(chars);
        return text;
    }
}
