using System.Globalization;
using Gateway.Quotas;
using Xunit;

namespace Gateway.UnitTests.Quotas;

public sealed class QuotaCalendarTests
{
    [Theory]
    // Plain days and months, at their first instant and their last.
    [InlineData("UTC", "day", "2027-03-10T00:00:00.000Z", "2027-03-10T00:00:00Z", "2027-03-11T00:00:00Z", "2027-03-12T00:00:00Z")]
    [InlineData("UTC", "day", "2027-03-10T23:59:59.999Z", "2027-03-10T00:00:00Z", "2027-03-11T00:00:00Z", "2027-03-12T00:00:00Z")]
    [InlineData("UTC", "month", "2027-12-31T23:59:59.999Z", "2027-12-01T00:00:00Z", "2028-01-01T00:00:00Z", "2028-02-01T00:00:00Z")]
    // Month ends and leap days.
    [InlineData("UTC", "month", "2027-01-31T12:00:00Z", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z")]
    [InlineData("UTC", "month", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", "2028-04-01T00:00:00Z")]
    [InlineData("UTC", "day", "2028-02-28T12:00:00Z", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z")]
    [InlineData("UTC", "day", "2027-02-28T12:00:00Z", "2027-02-28T00:00:00Z", "2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z")]
    // A day of 23 hours and one of 25.
    [InlineData("Europe/Berlin", "day", "2027-03-28T10:00:00Z", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "2027-03-29T22:00:00Z")]
    [InlineData("Europe/Berlin", "day", "2027-10-31T10:00:00Z", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z", "2027-11-01T23:00:00Z")]
    [InlineData("America/New_York", "month", "2027-03-20T10:00:00Z", "2027-03-01T05:00:00Z", "2027-04-01T04:00:00Z", "2027-05-01T04:00:00Z")]
    // Offsets that are no whole hours.
    [InlineData("Asia/Kathmandu", "day", "2027-05-05T18:15:00Z", "2027-05-05T18:15:00Z", "2027-05-06T18:15:00Z", "2027-05-07T18:15:00Z")]
    [InlineData("Asia/Kathmandu", "day", "2027-05-05T18:14:59.999Z", "2027-05-04T18:15:00Z", "2027-05-05T18:15:00Z", "2027-05-06T18:15:00Z")]
    // Clocks that jump over midnight: the day begins at one o'clock.
    [InlineData("Asia/Beirut", "day", "2021-03-28T10:00:00Z", "2021-03-27T22:00:00Z", "2021-03-28T21:00:00Z", "2021-03-29T21:00:00Z")]
    // Midnight that comes twice: the day begins at the first.
    [InlineData("America/Havana", "day", "2021-11-07T04:30:00Z", "2021-11-07T04:00:00Z", "2021-11-08T05:00:00Z", "2021-11-09T05:00:00Z")]
    [InlineData("America/Havana", "day", "2021-11-07T05:30:00Z", "2021-11-07T04:00:00Z", "2021-11-08T05:00:00Z", "2021-11-09T05:00:00Z")]
    // Clocks that go back over midnight: yesterday's date is shown again, and the day has begun all the same.
    [InlineData("America/St_Johns", "day", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z", "2010-11-09T03:30:00Z")]
    public void A_window_runs_from_the_first_instant_of_its_date_to_the_first_of_the_next(
        string zone, string per, string at, string start, string end, string nextEnd)
    {
        var calendar = new QuotaCalendar(TimeZoneInfo.FindSystemTimeZoneById(zone));

        var spans = calendar.At(LimitWords.Periods[per], Milliseconds(at));

        Assert.Equal(new CalendarSpans(Milliseconds(start), Milliseconds(end), Milliseconds(end), Milliseconds(nextEnd)), spans);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/St_Johns")]
    [InlineData("America/Havana")]
    [InlineData("Asia/Beirut")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Pacific/Apia")]
    public void Windows_follow_each_other_without_gap_or_overlap(string zone)
    {
        var calendar = new QuotaCalendar(TimeZoneInfo.FindSystemTimeZoneById(zone));
        var until = Milliseconds("2013-01-01T00:00:00Z");
        foreach (var per in new[] { LimitPeriod.Day, LimitPeriod.Month })
        {
            for (var spans = calendar.At(per, Milliseconds("2009-12-15T00:00:00Z")); spans.End < until;)
            {
                var next = new QuotaCalendar(TimeZoneInfo.FindSystemTimeZoneById(zone)).At(per, spans.End);
                Assert.Equal((spans.NextStart, spans.NextEnd), (next.Start, next.End));
                Assert.Equal(spans.Start, calendar.At(per, spans.End - 1).Start);
                Assert.InRange(next.End - next.Start, 1, 31L * 25 * 3_600_000);
                spans = next;
            }
        }
    }

    private static long Milliseconds(string time) =>
        DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
