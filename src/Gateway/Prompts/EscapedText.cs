using System.Buffers;

namespace Gateway.Prompts;

/// <summary>
/// A text with JSON's escapes undone, and for each of its characters where it stood: what is found in the meaning is taken out of the writing. The text may
/// be JSON, hold some, or be no JSON at all; a backslash that begins no escape stays one.
/// </summary>
internal sealed class EscapedText : IDisposable
{
    private readonly char[] _text;
    private readonly int[] _places;
    private readonly int _length;

    private EscapedText(char[] text, int[] places, int length)
    {
        (_text, _places, _length) = (text, places, length);
    }

    public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    /// <returns>Null where the text has no escape.</returns>
    public static EscapedText? Undo(ReadOnlySpan<char> text)
    {
        var first = text.IndexOf('\\');
        if (first < 0)
        {
            return null;
        }

        var undone = new EscapedText(ArrayPool<char>.Shared.Rent(text.Length), ArrayPool<int>.Shared.Rent(text.Length + 1), Undo(text, null, null));
        if (undone._length == text.Length)
        {
            undone.Dispose();
            return null;
        }

        Undo(text, undone._text, undone._places);
        return undone;
    }

    /// <summary>The place in the escaped text of what was found in this one.</summary>
    public TextSpan Locate(TextSpan span) => span with { Start = _places[span.Start], End = _places[span.End] };

    public void Dispose()
    {
        ArrayPool<char>.Shared.Return(_text);
        ArrayPool<int>.Shared.Return(_places);
    }

    private static int Undo(ReadOnlySpan<char> text, char[]? undone, int[]? places)
    {
        var written = 0;
        for (var at = 0; at < text.Length; written++)
        {
            var (meant, length) = text[at] == '\\' ? ReadEscape(text[at..]) : (text[at], 1);
            if (undone is not null && places is not null)
            {
                undone[written] = meant;
                places[written] = at;
            }

            at += length;
        }

        if (places is not null)
        {
            places[written] = text.Length;
        }

        return written;
    }

    private static (char Meant, int Length) ReadEscape(ReadOnlySpan<char> text)
    {
        if (text.Length < 2)
        {
            return ('\\', 1);
        }

        return text[1] switch
        {
            'n' => ('\n', 2),
            'r' => ('\r', 2),
            't' => ('\t', 2),
            'b' => ('\b', 2),
            'f' => ('\f', 2),
            '"' or '\\' or '/' => (text[1], 2),
            'u' when text.Length >= 6 && ushort.TryParse(text[2..6], System.Globalization.NumberStyles.AllowHexSpecifier, null, out var unit) => ((char)unit, 6),
            _ => ('\\', 1),
        };
    }
}
