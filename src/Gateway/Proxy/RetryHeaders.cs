using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;

namespace Gateway.Proxy;

/// <summary>What an upstream's error says about trying again.</summary>
internal static class RetryHeaders
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly string[] Kinds = ["requests", "tokens", "input-tokens", "output-tokens"];

    /// <summary><c>x-should-retry</c>; null where it is not there.</summary>
    public static bool? ShouldRetry(HttpResponseHeaders headers) => Read(headers, "x-should-retry") is { } text && bool.TryParse(text, out var should) ? should : null;

    /// <summary>How long it asks to be left alone: <c>retry-after-ms</c>, <c>retry-after</c>, or where one of its own limits is used up, until that resets. Null where it says nothing.</summary>
    public static TimeSpan? Wait(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (Number(Read(headers, "retry-after-ms")) is { } milliseconds)
        {
            return Bounded(milliseconds / 1000);
        }

        if (Read(headers, "retry-after") is { } after)
        {
            return Number(after) is { } seconds ? Bounded(seconds) : Until(after, now);
        }

        TimeSpan? longest = null;
        foreach (var kind in Kinds)
        {
            var wait = Read(headers, $"x-ratelimit-remaining-{kind}") is "0" ? Duration(Read(headers, $"x-ratelimit-reset-{kind}"))
                : Read(headers, $"anthropic-ratelimit-{kind}-remaining") is "0" ? Until(Read(headers, $"anthropic-ratelimit-{kind}-reset"), now)
                : null;
            longest = wait is { } known && (longest is null || known > longest) ? known : longest;
        }

        return longest;
    }

    /// <summary>As OpenAI writes them: <c>12ms</c>, <c>1s</c>, <c>6m0s</c>, <c>1h2m3.5s</c>.</summary>
    private static TimeSpan? Duration(string? text)
    {
        double seconds = 0;
        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return null;
        }

        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                return null;
            }

            rest = rest[digits..];
            var (unit, length) = rest.StartsWith("ms") ? (0.001, 2) : rest[0] switch
            {
                's' => (1, 1),
                'm' => (60, 1),
                'h' => (3600, 1),
                'd' => (86_400, 1),
                _ => (double.NaN, 1),
            };
            seconds += amount * unit;
            rest = rest[length..];
        }

        return Bounded(seconds);
    }

    private static TimeSpan? Until(string? text, DateTimeOffset now) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? Bounded((moment - now).TotalSeconds) : null;

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A time of the past asks for nothing; a million years are a mistake, and bounded elsewhere.</summary>
    private static TimeSpan? Bounded(double seconds) => seconds >= 0 && double.IsFinite(seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, 1e9)) : null;

    private static string? Read(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString().Trim() : null;
}
