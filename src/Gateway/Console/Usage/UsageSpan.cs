using System.Globalization;

namespace Gateway.Console.Usage;

/// <summary>A span of time as an address has it, and the buckets it is drawn in: hours up to two days, else days, both of the gateway's time zone.</summary>
internal sealed record UsageSpan(string Range, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<DateTimeOffset> Buckets, bool IsHourly, TimeZoneInfo Zone)
{
    private const int MostDays = 100;

    /// <summary>Two days, one of which has an hour more.</summary>
    private static readonly TimeSpan MostByTheHour = TimeSpan.FromHours(49);

    public static readonly IReadOnlyList<(string Range, string Name)> Ranges = [("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days"), ("month", "This month")];

    /// <param name="range">One of <see cref="Ranges"/>; <c>custom</c> takes the two days.</param>
    /// <param name="from">The first day, as yyyy-MM-dd.</param>
    /// <param name="to">The last day.</param>
    /// <param name="now">Now.</param>
    /// <param name="zone">Whose days these are.</param>
    public static UsageSpan Of(string? range, string? from, string? to, DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        if (Day(from) is { } first && Day(to) is { } last && first <= last && last.DayNumber - first.DayNumber < MostDays)
        {
            return OfDays("custom", first, last, zone);
        }

        switch (range)
        {
            case "24h":
                // The zone's own hours: some are half an hour off.
                var local = TimeZoneInfo.ConvertTime(now, zone);
                var end = new DateTimeOffset(local.Date.AddHours(local.Hour), local.Offset).AddHours(1).ToUniversalTime();
                return OfHours("24h", end.AddHours(-24), end, zone);
            case "30d":
                return OfDays("30d", today.AddDays(-29), today, zone);
            case "month":
                return OfDays("month", new DateOnly(today.Year, today.Month, 1), today, zone);
            default:
                return OfDays("7d", today.AddDays(-6), today, zone);
        }
    }

    /// <summary>Where in the span an hour belongs; -1 for outside.</summary>
    public int IndexOf(DateTimeOffset hour)
    {
        for (var i = Buckets.Count - 1; i >= 0; i--)
        {
            if (hour >= Buckets[i])
            {
                return hour < To ? i : -1;
            }
        }

        return -1;
    }

    /// <summary>The first instant of a date in the span's zone.</summary>
    public DateTimeOffset StartOf(DateOnly day) => StartOf(day, Zone);

    /// <summary>As much before this span as it is long.</summary>
    public UsageSpan WithOneBefore() => this with { From = From - (To - From) };

    private static UsageSpan OfDays(string range, DateOnly first, DateOnly last, TimeZoneInfo zone)
    {
        DateTimeOffset Start(DateOnly day) => StartOf(day, zone);

        var (from, to) = (Start(first), Start(last.AddDays(1)));
        return to - from <= MostByTheHour
            ? OfHours(range, from, to, zone)
            : new(range, from, to, [.. Enumerable.Range(0, last.DayNumber - first.DayNumber + 1).Select(on => Start(first.AddDays(on)))], IsHourly: false, zone);
    }

    private static UsageSpan OfHours(string range, DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone) =>
        new(range, from, to, [.. Enumerable.Range(0, (int)Math.Ceiling((to - from).TotalHours)).Select(on => from.AddHours(on))], IsHourly: true, zone);

    /// <summary>The first instant of a date: where the clocks go forward at midnight, a later one.</summary>
    private static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
