using System.Globalization;

namespace Gateway.OpenAi;

/// <summary>Times as the gateway gives them out: RFC 3339 in UTC, with milliseconds.</summary>
internal static class WireTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string Write(DateTimeOffset time) => time.ToUniversalTime().ToString(Format, CultureInfo.InvariantCulture);
}
