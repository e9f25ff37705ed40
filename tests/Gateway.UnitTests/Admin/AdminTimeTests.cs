using Gateway.Admin;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.Admin;

public sealed class AdminTimeTests
{
    [Theory]
    [InlineData("2026-11-24T20:17:06.123Z", "2026-11-24T20:17:06.123Z")]
    [InlineData("2026-11-24T20:17:06Z", "2026-11-24T20:17:06.000Z")]
    [InlineData("2026-11-24t20:17:06z", "2026-11-24T20:17:06.000Z")]
    [InlineData("2026-11-24T22:17:06+02:00", "2026-11-24T20:17:06.000Z")]
    [InlineData("2026-11-24T20:17:06.123456789Z", "2026-11-24T20:17:06.123Z")]
    public void A_time_with_any_offset_comes_back_in_utc(string text, string expected)
    {
        var time = AdminTime.Parse(text);

        Assert.NotNull(time);
        Assert.Equal(expected, WireTime.Write(time.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-24")]
    [InlineData("2026-11-24T20:17:06")]
    [InlineData("2026-11-24 20:17:06Z")]
    [InlineData("2026-13-24T20:17:06Z")]
    [InlineData("2026-11-24T25:17:06Z")]
    [InlineData("2026-11-24T20:17:06Z\n")]
    [InlineData("٢٠٢٦-11-24T20:17:06Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void What_is_not_rfc_3339_is_no_time(string text) => Assert.Null(AdminTime.Parse(text));
}
