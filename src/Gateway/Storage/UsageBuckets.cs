namespace Gateway.Storage;

/// <summary>
/// The spans of time by which usage is summed: hours, or quarters of one where the time zone's offset from UTC is not a whole number of hours,
/// so that a bucket never lies in two of the zone's hours or days.
/// </summary>
internal sealed class UsageBuckets
{
    public const long Hour = 3_600_000;
    public const long Quarter = Hour / 4;

    /// <summary>Clocks change at most a few times a year, so a look each week sees every offset that a zone has.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromDays(7);

    /// <summary>Older offsets may be odd to the second: nothing was called then.</summary>
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2045, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public UsageBuckets(TimeZoneInfo zone)
    {
        Zone = zone;
        Width = HasWholeHours(zone) ? Hour : Quarter;
    }

    public TimeZoneInfo Zone { get; }

    /// <summary>A bucket's width in milliseconds.</summary>
    public long Width { get; }

    /// <summary>The start of the bucket that holds this moment, both in Unix milliseconds.</summary>
    public long StartOf(long time) => time - (time % Width);

    private static bool HasWholeHours(TimeZoneInfo zone)
    {
        for (var at = From; at < To; at += Step)
        {
            if (zone.GetUtcOffset(at).Ticks % TimeSpan.TicksPerHour != 0)
            {
                return false;
            }
        }

        return true;
    }
}
