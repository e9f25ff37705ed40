using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Gateway.Hosting;

/// <summary>How the lines about settings are worded.</summary>
internal static class SettingText
{
    private const int LongestValue = 64;

    private static readonly string[] Units = ["Seconds", "Bytes", "Tokens", "Rows"];

    /// <summary>What a setting of this type and with these bounds accepts, as the end of a sentence.</summary>
    public static string Accepted(Type type, PropertyInfo? property)
    {
        if (type == typeof(bool))
        {
            return "true or false is accepted";
        }

        if (type == typeof(string))
        {
            return "a text is accepted";
        }

        string number = type == typeof(decimal) ? "a number" : "a whole number";
        string unit = UnitOf(property?.Name ?? "");
        return property?.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"{number}{unit} from {range.Minimum} to {range.Maximum} is accepted")
            : $"{number}{unit} is accepted";
    }

    /// <summary>The choices of a setting, as the end of a sentence.</summary>
    public static string Choices(AllowedValuesAttribute allowed)
    {
        string[] choices = [.. allowed.Values.Where(value => value is not null).Select(value => value is bool flag ? (flag ? "true" : "false") : $"\"{value}\"")];
        return choices.Length == 0 ? "leave it out" : $"{string.Join(" or ", choices)} is accepted";
    }

    /// <summary>The name among these that was probably meant, if one is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        int bound = Math.Max(2, name.Length / 3);
        return known
            .Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(candidate => candidate.Distance <= bound && candidate.Distance < candidate.Name.Length)
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    public static string Quote(string value)
    {
        // JSON's true arrives as True.
        string shown = bool.TryParse(value, out bool flag) ? (flag ? "true" : "false") : value;
        return $"\"{(shown.Length <= LongestValue ? shown : $"{shown[..LongestValue]}…")}\"";
    }

    /// <summary>One line, whatever stood in a name or a value: control characters, line separators and marks that turn the reading direction are escaped.</summary>
    public static string Printable(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 16);
        for (int at = 0; at < text.Length; at++)
        {
            if (IsTreacherous(text, at))
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}");
            }
            else
            {
                safe.Append(text[at]);
            }
        }

        return safe.ToString();
    }

    private static bool IsTreacherous(string text, int at)
    {
        // Half of a character is nothing to print; a whole one counts as what it is, both of its halves.
        int start = at > 0 && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) ? at - 1 : at;
        return CharUnicodeInfo.GetUnicodeCategory(text, start)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
    }

    private static string UnitOf(string name) =>
        Array.Find(Units, unit => name.EndsWith(unit, StringComparison.Ordinal)) is { } found
            ? $" of {found.ToLowerInvariant()}"
            : "";

    /// <summary>How many letters must be put in, left out or changed to make one of the other (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        int[] above = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int[] row = new int[to.Length + 1];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int change = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, 1 + Math.Min(above[j], row[j - 1]));
            }

            above = row;
        }

        return above[^1];
    }
}
