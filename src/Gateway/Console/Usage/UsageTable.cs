using Gateway.Keys;

namespace Gateway.Console.Usage;

/// <summary>Usage over a span, ready to be drawn and listed: one source for the chart, the table and the file, so that they agree.</summary>
internal sealed class UsageTable
{
    private const int MostSeries = 6;

    private readonly Dictionary<string, string> _names;

    private UsageTable(UsageSpan span, IReadOnlyList<UsageSum> groups, IReadOnlyDictionary<string, UsageSum[]> byGroup, Dictionary<string, string> names)
    {
        (Span, Groups, ByGroup, _names) = (span, groups, byGroup, names);
        Total = groups.Aggregate(UsageSum.Zero(span.From, ""), UsageSum.Add);
    }

    public UsageSpan Span { get; }

    /// <summary>One sum for each group over the whole span.</summary>
    public IReadOnlyList<UsageSum> Groups { get; }

    public UsageSum Total { get; }

    /// <summary>Of each group, a sum for each bucket.</summary>
    private IReadOnlyDictionary<string, UsageSum[]> ByGroup { get; }

    public static async Task<UsageTable> ReadAsync(UsageHours sums, KeyStore keys, TeamStore teams, UsageSpan span, UsageBy by, CancellationToken cancel)
    {
        var byGroup = new Dictionary<string, UsageSum[]>(StringComparer.Ordinal);
        foreach (var hour in await sums.AskAsync(span, by, cancel))
        {
            var index = span.IndexOf(hour.Bucket);
            if (index < 0)
            {
                continue;
            }

            if (!byGroup.TryGetValue(hour.Group, out var buckets))
            {
                byGroup[hour.Group] = buckets = [.. span.Buckets.Select(start => UsageSum.Zero(start, hour.Group))];
            }

            buckets[index] = UsageSum.Add(buckets[index], hour);
        }

        IReadOnlyList<UsageSum> groups = [.. byGroup.Values.Select(buckets => buckets.Aggregate(UsageSum.Add))];
        return new UsageTable(span, groups, byGroup, await NamesAsync(keys, teams, by, [.. byGroup.Keys], cancel));
    }

    public string NameOf(string group) => _names.GetValueOrDefault(group) ?? (group.Length == 0 ? "none" : group);

    /// <summary>The largest groups as series of a chart, and the rest as one.</summary>
    public IReadOnlyList<ChartSeries> Series(UsageMeasure measure)
    {
        var ranked = Groups.OrderByDescending(sum => sum.Of(measure)).ThenBy(sum => sum.Group, StringComparer.Ordinal).Where(sum => sum.Of(measure) > 0).ToList();
        var series = ranked.Take(MostSeries).Select((sum, place) => new ChartSeries(NameOf(sum.Group), [.. ByGroup[sum.Group].Select(bucket => bucket.Of(measure))], place)).ToList();
        if (ranked.Count > MostSeries)
        {
            var rest = ranked.Skip(MostSeries).Select(sum => ByGroup[sum.Group]).ToList();
            series.Add(new ChartSeries("Other", [.. Span.Buckets.Select((_, i) => rest.Sum(buckets => buckets[i].Of(measure)))], MostSeries));
        }

        return series;
    }

    private static async Task<Dictionary<string, string>> NamesAsync(KeyStore keys, TeamStore teams, UsageBy by, string[] ids, CancellationToken cancel) => by switch
    {
        UsageBy.Key => new(await keys.NamesAsync(ids, cancel)) { [""] = "no valid key" },
        UsageBy.Team => new((await teams.ListAsync(null, 1_000, cancel)).ToDictionary(team => team.Id.Value, team => team.Spec.Name)) { [""] = "no team" },
        UsageBy.User => new() { [""] = "no user given" },
        UsageBy.Provider => new() { [""] = "reached no provider" },
        _ => new() { [""] = "no model" },
    };
}
