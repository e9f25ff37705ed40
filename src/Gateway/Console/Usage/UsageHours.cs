using System.Globalization;
using Gateway.Ledger;

namespace Gateway.Console.Usage;

/// <summary>The sums of usage by time and group, as charts need them.</summary>
internal sealed class UsageHours(UsageQueries usage)
{
    /// <summary>By the hour, or by the day of the gateway's time zone where the span goes by days. More groups than can be shown come back as none.</summary>
    public async Task<IReadOnlyList<UsageSum>> AskAsync(UsageSpan span, UsageBy by, CancellationToken cancel)
    {
        var grouping = by switch
        {
            UsageBy.Key => UsageGrouping.Key,
            UsageBy.Team => UsageGrouping.Team,
            UsageBy.Provider => UsageGrouping.Provider,
            UsageBy.User => UsageGrouping.User,
            _ => UsageGrouping.Model,
        };
        var answer = await usage.AskAsync(new UsageAsk(span.From, span.To, [span.IsHourly ? UsageGrouping.Hour : UsageGrouping.Day, grouping]), cancel);
        return [.. (answer.Rows ?? []).Select(row => Of(row, span))];
    }

    private static UsageSum Of(UsageRow row, UsageSpan span)
    {
        var at = span.IsHourly
            ? DateTimeOffset.Parse(row.Groups[0], CultureInfo.InvariantCulture)
            : span.StartOf(DateOnly.ParseExact(row.Groups[0], "yyyy-MM-dd", CultureInfo.InvariantCulture));
        var figures = row.Figures;
        return new UsageSum(at, row.Groups[1], figures.Requests, figures.InputTokens, figures.CachedTokens, figures.OutputTokens, figures.CostMicros, figures.Errors);
    }
}
