using System.Globalization;
using Gateway.OpenAi;

namespace Gateway.Ledger;

/// <summary>The day and the hour that a bucket of usage is in, in a time zone; each bucket is worked out once.</summary>
internal sealed class LocalHours(TimeZoneInfo zone)
{
    private readonly Dictionary<long, (string Day, string Hour)> _known = [];

    /// <summary>The date that clocks showed, as <c>2026-11-24</c>.</summary>
    public string DayOf(long bucket) => Of(bucket).Day;

    /// <summary>The moment at which the zone's hour began. Told in UTC, so that the hour that comes twice when clocks go back is two.</summary>
    public string HourOf(long bucket) => Of(bucket).Hour;

    private (string Day, string Hour) Of(long bucket)
    {
        if (!_known.TryGetValue(bucket, out var known))
        {
            var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(bucket), zone);
            var hour = local.AddMinutes(-local.Minute);
            _known[bucket] = known = (local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), WireTime.Write(hour));
        }

        return known;
    }
}
