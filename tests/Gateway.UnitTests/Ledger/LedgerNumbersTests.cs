using Gateway.Ledger;
using Xunit;

namespace Gateway.UnitTests.Ledger;

public sealed class LedgerNumbersTests
{
    [Fact]
    public void The_numbers_that_stored_rows_hold_never_change()
    {
        Assert.Equal(
            ["Completed", "ClientDisconnected", "UpstreamCut", "UpstreamError", "TimedOut", "Denied", "Rejected", "LeaseExpired"],
            Enum.GetValues<CallOutcome>().OrderBy(outcome => (int)outcome).Select(outcome => outcome.ToString()));
        Assert.Equal(["None", "Provider", "Counted", "Reserved"], Enum.GetValues<TokenSource>().OrderBy(source => (int)source).Select(source => source.ToString()));
        Assert.Equal(0, (int)CallOutcome.Completed);
        Assert.Equal(0, (int)TokenSource.None);
    }

    [Theory]
    [InlineData(1795521600000, 42)]
    [InlineData(-5, 1)]
    [InlineData(0, 0)]
    public void A_place_in_the_ledger_survives_the_way_through_a_client(long time, long seq)
    {
        var place = new LedgerCursor(time, seq);

        Assert.Equal(place, LedgerCursor.Parse(place.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("5-")]
    [InlineData("-5")]
    [InlineData("a-b")]
    [InlineData("1-99999999999999999999")]
    public void What_is_no_place_is_refused(string text) => Assert.Null(LedgerCursor.Parse(text));
}
