using Gateway.Proxy;
using Gateway.Quotas;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class LimitHeadersTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.0119, "12ms")]
    [InlineData(1, "1s")]
    [InlineData(59.2, "1m0s")]
    [InlineData(360, "6m0s")]
    [InlineData(93_780, "26h3m0s")]
    public void Waits_are_written_as_OpenAI_writes_them(double seconds, string text) =>
        Assert.Equal(text, LimitHeaders.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void The_tightest_limit_of_each_kind_speaks()
    {
        var headers = new HeaderDictionary();

        LimitHeaders.Set(headers, [Figure(LimitUnit.Requests, 100, 10), Figure(LimitUnit.Tokens, 1000, 100), Figure(LimitUnit.OutputTokens, 500, 490), Figure(LimitUnit.Usd, 5, 5)], Now);

        Assert.Equal("100", headers["x-ratelimit-limit-requests"]);
        Assert.Equal("90", headers["x-ratelimit-remaining-requests"]);
        Assert.Equal("6m0s", headers["x-ratelimit-reset-requests"]);
        Assert.Equal("500", headers["x-ratelimit-limit-tokens"]);
        Assert.Equal("10", headers["x-ratelimit-remaining-tokens"]);
    }

    [Fact]
    public void Without_such_a_limit_there_are_no_such_headers()
    {
        var headers = new HeaderDictionary();

        LimitHeaders.Set(headers, [Figure(LimitUnit.Usd, 5, 5), Figure(LimitUnit.Requests, 5, 5, LimitMode.Shadow)], Now);

        Assert.Empty(headers);
    }

    private static LimitFigure Figure(LimitUnit unit, long amount, long counted, LimitMode mode = LimitMode.Hard) =>
        new(new Limit(LimitScope.Key, "key_1", unit, LimitPeriod.Hour, null, mode, amount), LimitVerdict.Within, counted, 0, 0, Now.AddMinutes(6));
}
