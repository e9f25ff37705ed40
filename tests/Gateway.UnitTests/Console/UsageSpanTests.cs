using Gateway.Console.Usage;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class UsageSpanTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 30, 14, 20, 0, TimeSpan.Zero);

    [Fact]
    public void A_day_goes_by_hours_and_ends_with_this_one()
    {
        var span = UsageSpan.Of("24h", null, null, Now, TimeZoneInfo.Utc);

        Assert.True(span.IsHourly);
        Assert.Equal(24, span.Buckets.Count);
        Assert.Equal(new DateTimeOffset(2026, 3, 30, 15, 0, 0, TimeSpan.Zero), span.To);
        Assert.Equal(23, span.IndexOf(Now));
        Assert.Equal(-1, span.IndexOf(Now.AddDays(-2)));
    }

    [Fact]
    public void Days_are_those_of_the_gateways_zone_whatever_its_clocks_do()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var span = UsageSpan.Of("7d", null, null, Now, berlin);

        Assert.Equal(7, span.Buckets.Count);
        Assert.Equal(new DateTimeOffset(2026, 3, 23, 23, 0, 0, TimeSpan.Zero), span.From);
        // The clocks went forward on the 29th, so its day has 23 hours.
        Assert.Equal(new DateTimeOffset(2026, 3, 28, 23, 0, 0, TimeSpan.Zero), span.Buckets[5]);
        Assert.Equal(new DateTimeOffset(2026, 3, 29, 22, 0, 0, TimeSpan.Zero), span.Buckets[6]);
    }

    [Fact]
    public void Two_days_of_the_readers_choice_are_taken_whole()
    {
        var span = UsageSpan.Of(null, "2026-03-01", "2026-03-02", Now, TimeZoneInfo.Utc);

        Assert.Equal("custom", span.Range);
        Assert.Equal(TimeSpan.FromDays(2), span.To - span.From);
    }

    [Fact]
    public void Hours_are_those_of_a_zone_that_is_half_an_hour_off()
    {
        var span = UsageSpan.Of("24h", null, null, Now, TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata"));

        // 19:50 there.
        Assert.Equal(new DateTimeOffset(2026, 3, 30, 14, 30, 0, TimeSpan.Zero), span.To);
        Assert.Equal(24, span.Buckets.Count);
        Assert.Equal(new DateTimeOffset(2026, 3, 30, 13, 30, 0, TimeSpan.Zero), span.Buckets[^1]);
    }

    [Theory]
    [InlineData(null, "2026-03-01", "2026-03-02", 48)]
    [InlineData(null, "2026-03-29", "2026-03-29", 23)]
    [InlineData("month", null, null, 24)]
    public void Up_to_two_days_go_by_hours(string? range, string? from, string? to, int hours)
    {
        var span = UsageSpan.Of(range, from, to, new DateTimeOffset(2026, 4, 1, 9, 0, 0, TimeSpan.Zero), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));

        Assert.True(span.IsHourly);
        Assert.Equal(hours, span.Buckets.Count);
        Assert.Equal(span.From, span.Buckets[0]);
        Assert.Equal(span.To, span.Buckets[^1].AddHours(1));
    }

    [Theory]
    [InlineData("2026-03-02", "2026-03-01")]
    [InlineData("yesterday", "2026-03-01")]
    [InlineData("2020-01-01", "2026-03-01")]
    public void What_is_no_span_is_the_last_week(string from, string to) => Assert.Equal("7d", UsageSpan.Of(null, from, to, Now, TimeZoneInfo.Utc).Range);
}
