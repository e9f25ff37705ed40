using System.Globalization;
using Gateway.Proxy;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class RetryHeadersTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("7", "retry-after: 7")]
    [InlineData("0", "retry-after: 0")]
    [InlineData("0.25", "retry-after-ms: 250", "retry-after: 7")]
    [InlineData("90", "retry-after: Tue, 24 Nov 2026 12:01:30 GMT")]
    [InlineData(null, "retry-after: Tue, 24 Nov 2026 11:01:30 GMT")]
    [InlineData("366", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 6m6s", "x-ratelimit-remaining-requests: 3", "x-ratelimit-reset-requests: 1h")]
    [InlineData("0.012", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 12ms")]
    [InlineData("30", "anthropic-ratelimit-input-tokens-remaining: 0", "anthropic-ratelimit-input-tokens-reset: 2026-11-24T12:00:30Z")]
    [InlineData(null, "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: soon")]
    [InlineData(null, "retry-after: soon")]
    [InlineData(null, "retry-after: -5")]
    [InlineData(null, "retry-after: NaN")]
    [InlineData(null, "retry-after: 1e99")]
    [InlineData(null)]
    public void The_wait_is_read_in_every_form_that_providers_write(string? seconds, params string[] headers)
    {
        using var response = Response(headers);

        var wait = RetryHeaders.Wait(response.Headers, Now);

        Assert.Equal(seconds is null ? null : double.Parse(seconds, CultureInfo.InvariantCulture), wait?.TotalSeconds);
    }

    [Theory]
    [InlineData(false, "x-should-retry: false")]
    [InlineData(true, "x-should-retry: true")]
    [InlineData(null, "x-should-retry: perhaps")]
    [InlineData(null)]
    public void Whether_to_retry_is_said_or_not(bool? should, params string[] headers)
    {
        using var response = Response(headers);

        Assert.Equal(should, RetryHeaders.ShouldRetry(response.Headers));
    }

    private static HttpResponseMessage Response(string[] headers)
    {
        var response = new HttpResponseMessage();
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            response.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 2)..]);
        }

        return response;
    }
}
