using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Admin;

/// <summary>Times that admins give: RFC 3339.</summary>
internal static partial class AdminTime
{
    public const string Example = "2026-11-24T20:17:06.123Z";

    /// <summary>Any offset is taken. One is required: a time without it means another moment to every reader.</summary>
    public static DateTimeOffset? Parse(string text) =>
        Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
            ? time.ToUniversalTime()
            : null;

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Rfc3339();
}
