using System.Globalization;
using Gateway.OpenAi;
using Gateway.Quotas;

namespace Gateway.Proxy;

/// <summary>What a call's answer tells of its limits: <c>x-ratelimit-*</c> in OpenAI's form, from the tightest limit on requests and the tightest on tokens.</summary>
internal static class LimitHeaders
{
    // Joined once: each call under limits sends six of them.
    private static readonly HeaderNames Requests = HeaderNames.OpenAi("requests");
    private static readonly HeaderNames Tokens = HeaderNames.OpenAi("tokens");
    private static readonly HeaderNames AnthropicRequests = HeaderNames.Anthropic("requests");
    private static readonly HeaderNames AnthropicTokens = HeaderNames.Anthropic("tokens");
    private static readonly HeaderNames AnthropicInput = HeaderNames.Anthropic("input-tokens");
    private static readonly HeaderNames AnthropicOutput = HeaderNames.Anthropic("output-tokens");

    /// <summary>Sets them when the response starts, whatever it turns out to be: an error clears what was set before.</summary>
    public static void Attach(HttpResponse response, ApiEndpoint endpoint, IReadOnlyList<LimitFigure> figures, OutputCap? lowered, TimeProvider time)
    {
        if (figures.Count == 0)
        {
            return;
        }

        response.OnStarting(() =>
        {
            Set(response.Headers, figures, time.GetUtcNow());
            if (endpoint.HasAnthropicErrors)
            {
                SetAnthropic(response.Headers, figures);
            }

            if (lowered is not null)
            {
                response.Headers["x-gateway-max-output-tokens"] = lowered.Tokens.ToString(CultureInfo.InvariantCulture);
            }

            return Task.CompletedTask;
        });
    }

    internal static void Set(IHeaderDictionary headers, IReadOnlyList<LimitFigure> figures, DateTimeOffset now)
    {
        Set(headers, Requests, Tightest(figures, static unit => unit == LimitUnit.Requests), now);
        Set(headers, Tokens, Tightest(figures, static unit => unit is LimitUnit.Tokens or LimitUnit.InputTokens or LimitUnit.OutputTokens), now);
    }

    /// <summary>The same in Anthropic's words, which its clients look for: each kind of token apart, and moments instead of durations.</summary>
    internal static void SetAnthropic(IHeaderDictionary headers, IReadOnlyList<LimitFigure> figures)
    {
        SetAnthropic(headers, AnthropicRequests, Tightest(figures, static unit => unit == LimitUnit.Requests));
        SetAnthropic(headers, AnthropicTokens, Tightest(figures, static unit => unit is LimitUnit.Tokens or LimitUnit.InputTokens or LimitUnit.OutputTokens));
        SetAnthropic(headers, AnthropicInput, Tightest(figures, static unit => unit is LimitUnit.Tokens or LimitUnit.InputTokens));
        SetAnthropic(headers, AnthropicOutput, Tightest(figures, static unit => unit is LimitUnit.Tokens or LimitUnit.OutputTokens));
    }

    private static void SetAnthropic(IHeaderDictionary headers, in HeaderNames names, LimitFigure? figure)
    {
        if (figure is not { } tightest)
        {
            return;
        }

        headers[names.Limit] = tightest.Limit.Amount.ToString(CultureInfo.InvariantCulture);
        headers[names.Remaining] = tightest.Remaining.ToString(CultureInfo.InvariantCulture);
        if (tightest.ResetsAt is { } reset)
        {
            headers[names.Reset] = WireTime.Write(reset);
        }
    }

    private static LimitFigure? Tightest(IReadOnlyList<LimitFigure> figures, Func<LimitUnit, bool> counts)
    {
        LimitFigure? tightest = null;
        foreach (var figure in figures)
        {
            if (figure.Limit.Mode != LimitMode.Shadow && counts(figure.Limit.Unit) && (tightest is null || figure.Remaining < tightest.Value.Remaining))
            {
                tightest = figure;
            }
        }

        return tightest;
    }

    private static void Set(IHeaderDictionary headers, in HeaderNames names, LimitFigure? figure, DateTimeOffset now)
    {
        if (figure is not { } tightest)
        {
            return;
        }

        headers[names.Limit] = tightest.Limit.Amount.ToString(CultureInfo.InvariantCulture);
        headers[names.Remaining] = tightest.Remaining.ToString(CultureInfo.InvariantCulture);
        if (tightest.ResetsAt is { } reset)
        {
            headers[names.Reset] = Duration(reset - now);
        }
    }

    /// <summary>As OpenAI writes them: <c>12ms</c>, <c>1s</c>, <c>6m0s</c>, <c>26h3m0s</c>.</summary>
    internal static string Duration(TimeSpan wait)
    {
        if (wait <= TimeSpan.Zero)
        {
            return "0s";
        }

        if (wait < TimeSpan.FromSeconds(1))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalMilliseconds)}ms");
        }

        var seconds = (long)Math.Ceiling(wait.TotalSeconds);
        var (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        return hours > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{hours}h{minutes}m{rest}s")
            : minutes > 0 ? string.Create(CultureInfo.InvariantCulture, $"{minutes}m{rest}s") : string.Create(CultureInfo.InvariantCulture, $"{rest}s");
    }

    private readonly record struct HeaderNames(string Limit, string Remaining, string Reset)
    {
        public static HeaderNames OpenAi(string what) => new($"x-ratelimit-limit-{what}", $"x-ratelimit-remaining-{what}", $"x-ratelimit-reset-{what}");

        public static HeaderNames Anthropic(string what) => new($"anthropic-ratelimit-{what}-limit", $"anthropic-ratelimit-{what}-remaining", $"anthropic-ratelimit-{what}-reset");
    }
}
