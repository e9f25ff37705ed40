using System.Globalization;

namespace Gateway.Tokens;

/// <summary>
/// The escapes inside a JSON string, one at a time. <c>Utf8JsonReader</c> unescapes only a whole string, and throws on half a
/// surrogate pair, which is valid JSON and which callers do send.
/// </summary>
internal static class JsonText
{
    /// <summary>Reads the escape at the front, which is a backslash. A broken one is the replacement character and one byte long.</summary>
    public static char ReadEscape(ReadOnlySpan<byte> escape, out int length)
    {
        length = 2;
        if (escape.Length >= 2)
        {
            switch (escape[1])
            {
                case (byte)'"' or (byte)'\\' or (byte)'/':
                    return (char)escape[1];
                case (byte)'n':
                    return '\n';
                case (byte)'r':
                    return '\r';
                case (byte)'t':
                    return '\t';
                case (byte)'b':
                    return '\b';
                case (byte)'f':
                    return '\f';
                case (byte)'u' when escape.Length >= 6
                    && ushort.TryParse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                    length = 6;
                    return (char)unit;
            }
        }

        length = 1;
        return '\uFFFD';
    }

    /// <summary>Whether the inside of a JSON string, escaped or not, reads as this ASCII text.</summary>
    public static bool Reads(ReadOnlySpan<byte> json, ReadOnlySpan<byte> ascii)
    {
        foreach (var expected in ascii)
        {
            if (json.IsEmpty)
            {
                return false;
            }

            var length = 1;
            var actual = json[0] == (byte)'\\' ? ReadEscape(json, out length) : (char)json[0];
            if (actual != expected)
            {
                return false;
            }

            json = json[length..];
        }

        return json.IsEmpty;
    }
}
