namespace Gateway.Quotas;

/// <summary>
/// Days and months in the time zone of <c>Gateway:TimeZone</c>. A day runs from the first instant of its date to the first
/// of the next, so it has 23 or 25 hours when clocks change. Thread-safe: a race only computes the same window twice.
/// </summary>
internal sealed class QuotaCalendar(TimeZoneInfo zone)
{
    private CalendarSpans _day = new(0, 0, 0, 0);
    private CalendarSpans _month = new(0, 0, 0, 0);

    /// <summary>The windows for a limit per day or month at this instant.</summary>
    public CalendarSpans At(LimitPeriod per, long unixMilliseconds)
    {
        var known = per == LimitPeriod.Day ? _day : _month;
        if (known.Contains(unixMilliseconds))
        {
            return known;
        }

        var spans = Compute(per, unixMilliseconds);
        if (per == LimitPeriod.Day)
        {
            _day = spans;
        }
        else
        {
            _month = spans;
        }

        return spans;
    }

    private CalendarSpans Compute(LimitPeriod per, long unixMilliseconds)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds), zone);
        var date = DateOnly.FromDateTime(local.DateTime);
        date = per == LimitPeriod.Day ? date : new DateOnly(date.Year, date.Month, 1);

        // Clocks that go back over midnight show yesterday's date again after today has begun.
        if (unixMilliseconds >= StartOf(Following(per, date)))
        {
            date = Following(per, date);
        }

        var next = Following(per, date);
        while (StartOf(next) == StartOf(Following(per, next)))
        {
            // A date that was skipped as a whole, as where the date line was moved.
            next = Following(per, next);
        }

        return new(StartOf(date), StartOf(next), StartOf(next), StartOf(Following(per, next)));
    }

    private static DateOnly Following(LimitPeriod per, DateOnly date) => per == LimitPeriod.Day ? date.AddDays(1) : date.AddMonths(1);

    private long StartOf(DateOnly date)
    {
        var midnight = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(midnight))
        {
            // Clocks jumped over midnight: the first minute they show is the first of the date.
            midnight = midnight.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        return new DateTimeOffset(midnight, offset).ToUnixTimeMilliseconds();
    }
}
