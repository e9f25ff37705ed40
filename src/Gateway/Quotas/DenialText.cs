using System.Globalization;
using Gateway.OpenAi;

namespace Gateway.Quotas;

/// <summary>What a caller is told who was refused: which limit, whose, and when it frees.</summary>
internal static class DenialText
{
    /// <summary>The longest wait that a caller is asked to sit out. SDKs sleep through whatever <c>retry-after</c> says, for hours if it is hours.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>The limit to blame: of those that refused, the one that frees last.</summary>
    public static Limit Culprit(IReadOnlyList<LimitFigure> figures) => Blamed(figures).Limit;

    /// <param name="figures">As the refused reservation came back.</param>
    /// <param name="retryAfter">When the same call may be admitted; null where waiting does not help.</param>
    /// <param name="keyName">The key's name.</param>
    /// <param name="teamName">Its team's; null where it has none.</param>
    public static GatewayError Error(IReadOnlyList<LimitFigure> figures, TimeSpan? retryAfter, string keyName, string? teamName)
    {
        var figure = Blamed(figures);
        var limit = figure.Limit;
        TimeSpan? wait = retryAfter is { } time && time <= LongestWait ? Largest(time, TimeSpan.FromMilliseconds(1)) : null;
        var owner = limit.Scope == LimitScope.Key ? $"key '{keyName}'" : $"team '{teamName}'";
        var message = $"The {owner} has reached its limit of {Amount(limit)}{(limit.Model is null ? "" : $" for models '{limit.Model}'")}: {Left(figure)}. {When(figure, wait)}";
        return limit.Per is LimitPeriod.Minute or LimitPeriod.Hour or LimitPeriod.None
            ? GatewayError.RateLimited(limit.Unit is LimitUnit.Requests or LimitUnit.Concurrent ? "requests" : "tokens", message, wait)
            : GatewayError.QuotaExhausted(message, wait);
    }

    private static LimitFigure Blamed(IReadOnlyList<LimitFigure> figures) =>
        figures.Where(figure => figure.Verdict == LimitVerdict.Refused).MaxBy(FreesAt)
        is { Limit: not null } blamed ? blamed : throw new InvalidOperationException("A refusal names at least one limit that refused.");

    private static DateTimeOffset FreesAt(LimitFigure figure) =>
        figure.Limit.Per == LimitPeriod.Total ? DateTimeOffset.MaxValue : figure.ResetsAt ?? DateTimeOffset.MinValue;

    private static string Amount(Limit limit)
    {
        var amount = limit.InUnits(limit.Amount).ToString("0.######", CultureInfo.InvariantCulture);
        var counted = limit.Unit switch
        {
            LimitUnit.Concurrent => $"{amount} {(limit.Amount == 1 ? "call" : "calls")} at once",
            LimitUnit.Usd => $"{amount} USD",
            LimitUnit.InputTokens => $"{amount} input tokens",
            LimitUnit.OutputTokens => $"{amount} output tokens",
            _ => $"{amount} {LimitWords.Of(limit.Unit)}",
        };
        return limit.Per switch
        {
            LimitPeriod.None => counted,
            LimitPeriod.Total => $"{counted} in total",
            _ => $"{counted} per {LimitWords.Of(limit.Per)}",
        };
    }

    private static string Left(LimitFigure figure)
    {
        var left = figure.Limit.InUnits(figure.Remaining).ToString("0.######", CultureInfo.InvariantCulture);
        return figure.Remaining == 0 ? "nothing is left" : $"only {left} left, too little for this request";
    }

    private static string When(LimitFigure figure, TimeSpan? wait)
    {
        if (wait is { } time)
        {
            return $"Please try again in {Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture)} s.";
        }

        return figure.Limit.Per switch
        {
            LimitPeriod.Total => "It does not reset.",
            LimitPeriod.None => "Waiting does not help.",
            _ when figure.ResetsAt is { } resets => $"It resets at {WireTime.Write(resets)}.",
            _ => "Waiting does not help.",
        };
    }

    private static TimeSpan Largest(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
