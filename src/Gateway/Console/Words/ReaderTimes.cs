using System.Globalization;

namespace Gateway.Console.Words;

/// <summary>
/// How the reader's language writes times, told by the browser, since the server knows no language but one: the short names and, in .NET's letters,
/// the order of the parts.
/// </summary>
/// <param name="Months">Twelve short names.</param>
/// <param name="Weekdays">Seven, from Sunday on.</param>
/// <param name="Am">Before noon; empty where a day has 24 hours.</param>
/// <param name="Pm">After it.</param>
/// <param name="Second">A time of the day to the second.</param>
/// <param name="Minute">The same to the minute.</param>
/// <param name="Day">A day of this year.</param>
/// <param name="DayMinute">A minute of this year.</param>
/// <param name="Year">A day of any year.</param>
/// <param name="Full">All of it.</param>
internal sealed record ReaderTimes(
    IReadOnlyList<string> Months, IReadOnlyList<string> Weekdays, string Am, string Pm, string Second, string Minute, string Day, string DayMinute, string Year, string Full)
{
    private const int LongestPattern = 100;

    /// <summary>Until a browser says otherwise.</summary>
    public static ReaderTimes Plain { get; } = new(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        "", "", "HH:mm:ss", "HH:mm", "d MMM", "d MMM HH:mm", "d MMM yyyy", "ddd d MMM yyyy HH:mm:ss");

    /// <summary>The names as .NET wants them; null where the browser told something that is none of it.</summary>
    public DateTimeFormatInfo? Names()
    {
        if (Months.Count != 12 || Weekdays.Count != 7 || !new[] { Second, Minute, Day, DayMinute, Year, Full }.All(IsPattern))
        {
            return null;
        }

        string[] months = [.. Months, ""];
        return new DateTimeFormatInfo
        {
            AbbreviatedMonthNames = months,
            AbbreviatedMonthGenitiveNames = months,
            AbbreviatedDayNames = [.. Weekdays],
            AMDesignator = Am,
            PMDesignator = Pm,
        };
    }

    /// <summary>A single letter would be one of .NET's own formats.</summary>
    private static bool IsPattern(string pattern)
    {
        if (pattern.Length is < 2 or > LongestPattern)
        {
            return false;
        }

        try
        {
            DateTimeOffset.UnixEpoch.ToString(pattern, CultureInfo.InvariantCulture);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
