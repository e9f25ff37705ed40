using System.Buffers;

namespace Gateway.Prompts;

/// <summary>Bank accounts in ISO 13616's form: two letters, two check digits, up to 30 more characters, in groups or not, whose remainder by 97 is 1.</summary>
internal static class IbanFinder
{
    private const int Shortest = 15;
    private const int Longest = 34;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    public static void Find(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        var at = 2;
        while (at < text.Length && text[at..].IndexOfAny(Digits) is var next and >= 0)
        {
            at += next;
            var start = at - 2;
            if (at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]) && char.IsAsciiLetter(text[start]) && char.IsAsciiLetter(text[start + 1])
                && (start == 0 || !char.IsAsciiLetterOrDigit(text[start - 1])) && EndOf(text, start) is var end and > 0)
            {
                found.Add(new TextSpan(start, end, RedactionKind.Iban));
                at = end;
            }
            else
            {
                at++;
            }
        }
    }

    /// <returns>The end of the longest account that begins here; 0 where none does.</returns>
    private static int EndOf(ReadOnlySpan<char> text, int start)
    {
        Span<char> signs = stackalloc char[Longest];
        var length = 0;
        var end = 0;
        for (var at = start; at < text.Length && length < Longest; at++)
        {
            if (!char.IsAsciiLetterOrDigit(text[at]))
            {
                if (text[at] is not (' ' or '-' or '\u00a0') || !char.IsAsciiLetterOrDigit(text[at - 1]))
                {
                    break;
                }

                continue;
            }

            signs[length++] = text[at];
            var isWhole = at + 1 == text.Length || !char.IsAsciiLetterOrDigit(text[at + 1]);
            end = isWhole && length >= Shortest && Remainder(signs[..length]) == 1 ? at + 1 : end;
        }

        return end;
    }

    private static int Remainder(ReadOnlySpan<char> signs)
    {
        var remainder = 0;
        for (var i = 0; i < signs.Length; i++)
        {
            // The first four come last.
            var sign = signs[(i + 4) % signs.Length];
            remainder = char.IsAsciiDigit(sign)
                ? ((remainder * 10) + (sign - '0')) % 97
                : ((remainder * 100) + ((sign | 0x20) - 'a' + 10)) % 97;
        }

        return remainder;
    }
}
