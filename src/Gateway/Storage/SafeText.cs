using System.Text;

namespace Gateway.Storage;

/// <summary>Text as both databases take it: PostgreSQL refuses the character 0 and both refuse or garble half a surrogate pair.</summary>
internal static class SafeText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The same text, with the replacement character in place of what can't be stored.</summary>
    public static string Of(string text) =>
        text.Contains('\0', StringComparison.Ordinal) || (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && HasLoneSurrogate(text)) ? Replace(text) : text;

    /// <summary>At most so many characters, and no half of a pair.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static bool HasLoneSurrogate(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != System.Buffers.OperationStatus.Done)
            {
                return true;
            }

            rest = rest[used..];
        }

        return false;
    }

    private static string Replace(string text)
    {
        var safe = new StringBuilder(text.Length);
        // Lone surrogates come out of the enumeration as replacement characters.
        foreach (var rune in text.EnumerateRunes())
        {
            safe.Append(rune.Value == 0 ? Replacement.ToString() : rune.ToString());
        }

        return safe.ToString();
    }
}
