using System.Text;

namespace Gateway.Tokens;

/// <summary>
/// Places where every encoding's pre-token ends for certain, so that a text cut there counts the same in parts as whole.
/// All the patterns (r50k, p50k, cl100k, o200k, claude) agree on these, and none looks behind itself:
/// <list type="number">
/// <item>before whitespace other than CR and LF, after anything but whitespace: a space only begins a pre-token, or stands among whitespace;</item>
/// <item>before CR or LF, after a letter or number: line ends join only punctuation and whitespace;</item>
/// <item>between a letter and a number, either way round;</item>
/// <item>before punctuation or a symbol, after a letter or number; but not before an apostrophe (contractions), not before a
/// mark (o200k counts it to the word) and not before a surrogate (tiktoken sees astral letters, .NET's patterns don't).</item>
/// </list>
/// </summary>
internal static class TextBoundary
{
    private enum Kind
    {
        Letter,
        Number,
        Space,
        LineEnd,
        Symbol,
        Apart,
    }

    public static bool IsCertain(char before, char after) => KindOf(after) switch
    {
        Kind.Space => KindOf(before) is not (Kind.Space or Kind.LineEnd),
        Kind.LineEnd or Kind.Symbol => KindOf(before) is Kind.Letter or Kind.Number,
        Kind.Letter => KindOf(before) is Kind.Number,
        Kind.Number => KindOf(before) is Kind.Letter,
        _ => false,
    };

    /// <summary>The last certain boundary inside the text, or -1.</summary>
    public static int LastIn(ReadOnlySpan<char> text)
    {
        for (var i = text.Length - 1; i > 0; i--)
        {
            if (IsCertain(text[i - 1], text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The same on UTF-8. What is no valid UTF-8 is a symbol, as its replacement character is later; a character that has only begun at the text's end is not looked at, for it may become a letter.</summary>
    public static int LastIn(ReadOnlySpan<byte> utf8)
    {
        var after = '\0';
        utf8 = utf8[..Utf8Text.WholeLength(utf8)];
        var end = utf8.Length;
        while (end > 0)
        {
            Rune.DecodeLastFromUtf8(utf8[..end], out var rune, out var length);
            var before = rune.IsBmp ? (char)rune.Value : '\ud800';
            if (end < utf8.Length && IsCertain(before, after))
            {
                return end;
            }

            after = before;
            end -= length;
        }

        return -1;
    }

    private static Kind KindOf(char c)
    {
        if (char.IsLetter(c))
        {
            return Kind.Letter;
        }

        if (char.IsWhiteSpace(c))
        {
            return c is '\r' or '\n' ? Kind.LineEnd : Kind.Space;
        }

        if (char.IsNumber(c))
        {
            return Kind.Number;
        }

        return c is '\'' || char.IsSurrogate(c) || IsMark(c) ? Kind.Apart : Kind.Symbol;
    }

    private static bool IsMark(char c) =>
        c > 127 && char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark
            or System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.EnclosingMark;
}
