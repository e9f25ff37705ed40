using Gateway.Console.Words;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class ReaderTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 3, 14, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("0", "$0")]
    [InlineData("1043.834", "$1,043.83")]
    [InlineData("0.0044", "$0.0044")]
    [InlineData("0.123456", "$0.1235")]
    [InlineData("0.000001", "$0.000001")]
    [InlineData("0.0000001", "<$0.000001")]
    [InlineData("0.5", "$0.50")]
    public void Money_shows_something_and_no_more_than_it_must(string dollars, string shown) =>
        Assert.Equal(shown, new Reader(_time).Money(decimal.Parse(dollars, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void An_unknown_price_is_not_nothing() => Assert.Equal("no price", new Reader(_time).MoneyOf(null));

    [Theory]
    [InlineData(9_999, "9,999")]
    [InlineData(412_300, "412 K")]
    [InlineData(41_200_000, "41.2 M")]
    [InlineData(1_000_000_000_000, "1.00 T")]
    public void Large_numbers_are_short(long value, string shown) => Assert.Equal(shown, new Reader(_time).Compact(value));

    [Theory]
    [InlineData("100k", "100000")]
    [InlineData("1.5M", "1500000")]
    [InlineData("100,000", "100000")]
    [InlineData(" $20 ", "20")]
    [InlineData("0.25", "0.25")]
    [InlineData("k", null)]
    [InlineData("ten", null)]
    [InlineData("", null)]
    [InlineData("-5", null)]
    [InlineData("9999999999999999999", null)]
    public void Amounts_are_read_as_people_type_them(string text, string? amount) =>
        Assert.Equal(amount, Reader.Amount(text)?.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Separators_and_zone_are_the_readers()
    {
        var reader = new Reader(_time);
        reader.Take(new ReaderFacts(".", ",", "Asia/Kolkata", 330, false, false, "http://gw"));

        Assert.Equal("1.234,5", reader.Number(1234.5m));
        Assert.Equal("19:30:00", reader.When(_time.GetUtcNow()));
        reader.Choose(utc: true);
        Assert.Equal("14:00:00", reader.When(_time.GetUtcNow()));
        Assert.Equal("28 Feb 14:00", reader.When(_time.GetUtcNow().AddDays(-3)));
        Assert.Equal("3 Mar 2025", reader.When(_time.GetUtcNow().AddYears(-1)));
    }

    [Theory]
    [InlineData(",", ".", "100,000", "100000")]
    [InlineData(",", ".", "1.5M", "1500000")]
    [InlineData(",", ".", "1,5M", "1500000")]
    [InlineData(".", ",", "100.000", "100000")]
    [InlineData(".", ",", "2,5M", "2500000")]
    [InlineData(".", ",", "2.5M", "2500000")]
    [InlineData(".", ",", "1.234.567,5", "1234567.5")]
    [InlineData("\u202F", ",", "1\u202F234,5", "1234.5")]
    [InlineData("’", ".", "1’234.5", "1234.5")]
    [InlineData(".", ",", "1,2,3", null)]
    [InlineData(",", ".", "ten", null)]
    public void Amounts_are_read_in_the_readers_own_separators(string group, string point, string typed, string? amount)
    {
        var reader = new Reader(_time);
        reader.Take(new ReaderFacts(group, point, "UTC", 0, false, false, "http://gw"));

        Assert.Equal(amount, Reader.Amount(reader.AmountOf(typed))?.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Times_are_in_the_readers_language_unless_it_makes_no_sense()
    {
        string[] months = ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."];
        string[] days = ["So.", "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa."];
        var german = new ReaderTimes(months, days, "", "", "HH':'mm':'ss", "HH':'mm", "d'. 'MMM", "d'. 'MMM', 'HH':'mm", "d'. 'MMM' 'yyyy", "ddd', 'd'. 'MMM' 'yyyy', 'HH':'mm':'ss");
        var reader = new Reader(_time);
        reader.Take(new ReaderFacts(".", ",", "UTC", 0, false, false, "http://gw", german));

        Assert.Equal("2. März, 14:00", reader.When(_time.GetUtcNow().AddDays(-1)));
        Assert.Equal("Di., 3. März 2026, 14:00:00 UTC", reader.Full(_time.GetUtcNow()));
        foreach (var nonsense in new[] { german with { Months = [] }, german with { Day = "d" }, german with { Full = "'open" }, german with { Year = new string('y', 500) } })
        {
            var plain = new Reader(_time);
            plain.Take(new ReaderFacts(".", ",", "UTC", 0, false, false, "http://gw", nonsense));
            Assert.Equal("2 Mar 14:00", plain.When(_time.GetUtcNow().AddDays(-1)));
        }
    }

    [Fact]
    public void A_zone_that_the_server_does_not_know_still_has_its_offset()
    {
        var reader = new Reader(_time);
        reader.Take(new ReaderFacts(",", ".", "Nowhere/Land", -90, false, false, "http://gw"));

        Assert.Equal("12:30:00", reader.When(_time.GetUtcNow()));
    }

    [Theory]
    [InlineData(4, "4 ms")]
    [InlineData(3_100, "3.1 s")]
    [InlineData(72_000, "1 min 12 s")]
    [InlineData(35_820_000, "9 h 57 min")]
    public void Spans_are_in_the_unit_that_fits(long milliseconds, string shown) => Assert.Equal(shown, new Reader(_time).Span(TimeSpan.FromMilliseconds(milliseconds)));
}
