using System.Globalization;
using System.Text;

namespace Gateway.Console.Words;

/// <summary>
/// Text from callers and providers, made harmless to look at. Blazor escapes markup; this shows what escaping lets through: controls of terminals,
/// of the direction of writing and of width, with which a text can pretend to be another.
/// </summary>
internal static class ShownText
{
    /// <summary>Pieces in order: plain ones, and the name of a character that is not shown as itself.</summary>
    public static IReadOnlyList<TextRun> Runs(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return [];
        }

        var runs = new List<TextRun>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsHidden(text, i))
            {
                continue;
            }

            if (i > start)
            {
                runs.Add(new TextRun(text[start..i], false));
            }

            runs.Add(new TextRun(NameOf(text[i]), true));
            start = i + 1;
        }

        if (start < text.Length)
        {
            runs.Add(new TextRun(text[start..], false));
        }

        return runs;
    }

    /// <summary>For titles and attributes, where nothing but text can stand.</summary>
    public static string OneLine(string? text)
    {
        var line = new StringBuilder();
        foreach (var run in Runs(text))
        {
            line.Append(run.IsSign ? $"[{run.Text}]" : run.Text.ReplaceLineEndings(" "));
        }

        return line.ToString();
    }

    private static string NameOf(char hidden) => hidden == '\e' ? "ESC" : string.Create(CultureInfo.InvariantCulture, $"U+{(int)hidden:X4}");

    private static bool IsHidden(string text, int at) => text[at] switch
    {
        '\n' or '\t' => false,
        '\r' => at + 1 >= text.Length || text[at + 1] != '\n',
        < ' ' or (>= '\x7F' and <= '\x9F') => true,
        '\u00AD' or '\u061C' or '\u180E' or '\uFEFF' => true,
        (>= '\u200B' and <= '\u200F') or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u206F') or '\u2028' or '\u2029' => !JoinsEmoji(text, at),
        (>= '\uD800' and <= '\uDBFF') => at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1]),
        (>= '\uDC00' and <= '\uDFFF') => at == 0 || !char.IsHighSurrogate(text[at - 1]),
        _ => false,
    };

    /// <summary>Families and flags of emoji are joined by a character of no width.</summary>
    private static bool JoinsEmoji(string text, int at) =>
        text[at] == '\u200D' && at > 0 && (char.IsLowSurrogate(text[at - 1]) || text[at - 1] == '\uFE0F') && at + 1 < text.Length;
}
