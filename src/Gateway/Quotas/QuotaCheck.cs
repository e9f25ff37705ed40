namespace Gateway.Quotas;

/// <summary>What settings of quotas must be beyond each one's own bounds. Every fault is one line that names the setting and says what is accepted.</summary>
internal static class QuotaCheck
{
    public static IEnumerable<string> Faults(QuotaOptions options)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _))
        {
            yield return $"Gateway:TimeZone = \"{options.TimeZone}\": the IANA name of a time zone that this system knows is accepted, such as UTC or Europe/Berlin.";
        }

        if (options.Redis.Configuration is { } redis && !IsUsable(redis))
        {
            yield return "Gateway:Redis:Configuration: hosts with ports and options as StackExchange.Redis reads them are accepted, such as localhost:6379.";
        }
    }

    private static bool IsUsable(string configuration)
    {
        try
        {
            return RedisSettings.Parse(configuration).EndPoints.Count > 0;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            return false;
        }
    }
}
