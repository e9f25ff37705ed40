using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>The text that <c>audio/speech</c> reads aloud.</summary>
internal static class SpeechText
{
    /// <summary>The characters of the body's <c>input</c>, as providers bill them: code points, escapes undone. The body has been read without fault before.</summary>
    public static long CountCharacters(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, BodyJson.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isInput = reader.ValueTextEquals("input"u8);
            reader.Read();
            if (isInput && reader.TokenType is JsonTokenType.String)
            {
                return Count(reader.ValueSpan, reader.ValueIsEscaped);
            }

            reader.Skip();
        }

        return 0;
    }

    private static long Count(ReadOnlySpan<byte> text, bool isEscaped)
    {
        var count = 0L;
        for (var i = 0; i < text.Length; i++)
        {
            if (isEscaped && text[i] == (byte)'\\')
            {
                i++;
                if (text[i] == (byte)'u')
                {
                    // The second half of a pair is no character of its own: DC00 to DFFF.
                    count -= (text[i + 1] | 0x20) == (byte)'d' && (text[i + 2] | 0x20) is >= (byte)'c' and <= (byte)'f' ? 1 : 0;
                    i += 4;
                }

                count++;
            }
            else if ((text[i] & 0xC0) != 0x80)
            {
                count++;
            }
        }

        return count;
    }
}
