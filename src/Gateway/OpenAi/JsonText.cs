using System.Text;
using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>
/// JSON strings' text. The framework's own unescaping throws on a lone surrogate, which models do produce (an emoji split over two deltas); here it
/// becomes U+FFFD, as it does wherever such text is decoded.
/// </summary>
internal static class JsonText
{
    private static ReadOnlySpan<byte> Replacement => [0xEF, 0xBF, 0xBD];

    /// <summary>Whether the string or property name that the reader stands on is this one.</summary>
    public static bool Is(ref readonly Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.SequenceEqual(name);
        }

        Span<byte> text = stackalloc byte[6 * UsagePaths.MaxNameLength];
        return reader.ValueSpan.Length <= 6 * name.Length && reader.ValueSpan.Length <= text.Length
            && text[..Unescape(reader.ValueSpan, text)].SequenceEqual(name);
    }

    /// <summary>
    /// Writes the text of a JSON string (without its quotes), whose end may be missing: an unfinished escape is left out.
    /// The destination is at least as long as the source, which is never outgrown.
    /// </summary>
    /// <returns>How many bytes were written.</returns>
    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var plain = escaped.IndexOf((byte)'\\');
            var run = plain < 0 ? escaped : escaped[..plain];
            run.CopyTo(destination[written..]);
            written += run.Length;
            escaped = escaped[run.Length..];
            if (escaped.Length < 2)
            {
                return written;
            }

            if (escaped[1] == 'u')
            {
                var used = UnescapeUnicode(escaped, destination[written..], out var bytes);
                if (used == 0)
                {
                    return written;
                }

                written += bytes;
                escaped = escaped[used..];
            }
            else
            {
                destination[written++] = Unescape(escaped[1]);
                escaped = escaped[2..];
            }
        }
    }

    /// <summary>A JSON string's inside: up to the quote that ends it, or all where there is none.</summary>
    public static ReadOnlySpan<byte> UpToQuote(ReadOnlySpan<byte> json)
    {
        var at = 0;
        while (at < json.Length)
        {
            var length = json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (length < 0)
            {
                break;
            }

            at += length;
            if (json[at] == '"')
            {
                return json[..at];
            }

            at += 2;
        }

        return json;
    }

    /// <summary>Where text that was cut off anywhere ends without a part of a character.</summary>
    public static ReadOnlySpan<byte> WithoutPartialCharacter(ReadOnlySpan<byte> utf8)
    {
        for (var tail = 1; tail <= Math.Min(3, utf8.Length); tail++)
        {
            if (utf8[^tail] >= 0xC0)
            {
                return Rune.DecodeFromUtf8(utf8[^tail..], out _, out _) is System.Buffers.OperationStatus.NeedMoreData ? utf8[..^tail] : utf8;
            }
        }

        return utf8;
    }

    public static int? HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => null,
    };

    private static byte Unescape(byte escape) => escape switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => escape,
    };

    /// <returns>The length of the escape, of both where a pair of surrogates makes one character; 0 when its end is missing.</returns>
    private static int UnescapeUnicode(ReadOnlySpan<byte> escaped, Span<byte> destination, out int written)
    {
        written = 0;
        if (escaped.Length < 6)
        {
            return 0;
        }

        var unit = Unit(escaped);
        if (char.IsHighSurrogate(unit) && escaped.Length >= 12 && escaped[6] == '\\' && escaped[7] == 'u' && char.IsLowSurrogate(Unit(escaped[6..])))
        {
            written = new Rune(unit, Unit(escaped[6..])).EncodeToUtf8(destination);
            return 12;
        }

        if (char.IsSurrogate(unit))
        {
            Replacement.CopyTo(destination);
            written = Replacement.Length;
        }
        else
        {
            written = new Rune(unit).EncodeToUtf8(destination);
        }

        return 6;
    }

    private static char Unit(ReadOnlySpan<byte> escape)
    {
        var unit = 0;
        foreach (var b in escape[2..6])
        {
            // Only in JSON that was cut off, which nobody has checked, may it be no digit.
            unit = (unit << 4) | (HexDigit(b) ?? 0);
        }

        return (char)unit;
    }
}
