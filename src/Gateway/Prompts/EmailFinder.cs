namespace Gateway.Prompts;

/// <summary>E-mail addresses: looked for from their at sign outwards, so a text without one costs a single vectorised search.</summary>
internal static class EmailFinder
{
    /// <summary>RFC 5321's bounds for the two sides.</summary>
    private const int MaxLocal = 64;
    private const int MaxDomain = 255;

    public static void Find(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        var at = 0;
        while (text[at..].IndexOf('@') is var next and >= 0)
        {
            at += next;
            var start = StartOfLocal(text, at);
            var end = EndOfDomain(text, at + 1);
            if (start < at && end > 0)
            {
                found.Add(new TextSpan(start, end, RedactionKind.Email));
            }

            at++;
        }
    }

    private static int StartOfLocal(ReadOnlySpan<char> text, int at)
    {
        var start = at;
        while (start > 0 && at - start < MaxLocal && IsLocal(text[start - 1]))
        {
            start--;
        }

        return start;
    }

    /// <returns>Where the domain ends; 0 where there is none with a dot and a last label of letters.</returns>
    private static int EndOfDomain(ReadOnlySpan<char> text, int start)
    {
        var end = 0;
        var label = start;
        var labels = 0;
        for (var i = start; i <= text.Length && i - start <= MaxDomain; i++)
        {
            if (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '-'))
            {
                continue;
            }

            if (i == label)
            {
                break;
            }

            labels++;
            var letters = LettersAt(text[label..i]);
            end = labels > 1 && letters >= 2 ? label + letters : end;
            if (i == text.Length || text[i] != '.')
            {
                break;
            }

            label = i + 1;
        }

        return end;
    }

    private static int LettersAt(ReadOnlySpan<char> label)
    {
        if (label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase))
        {
            return label.Length;
        }

        var letters = 0;
        while (letters < label.Length && char.IsLetter(label[letters]))
        {
            letters++;
        }

        return letters;
    }

    private static bool IsLocal(char c) => char.IsLetterOrDigit(c) || c is '.' or '_' or '%' or '+' or '-' or '\'' or '#' or '&' or '=' or '~' or '^' or '!' or '$' or '*' or '|' or '/' or '?';
}
