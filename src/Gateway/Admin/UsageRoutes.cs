using System.Diagnostics.CodeAnalysis;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.Net.Http.Headers;

namespace Gateway.Admin;

/// <summary>What was used, by whom and of what: for the console's charts and, as CSV, for the accounts.</summary>
internal sealed class UsageRoutes(UsageQueries usage, UsageNames names, UsageBuckets buckets, TimeProvider time)
{
    private const string Csv = "text/csv";

    // Beyond them milliseconds or their rounding would not fit.
    private const int MinYear = 1970;
    private const int MaxYear = 9000;

    /// <summary>What is looked at where the question names no begin.</summary>
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(30);

    private static readonly IReadOnlyList<string> Query =
        ["from", "to", "group_by", "key_id", "team_id", "model", "provider", "user", "limit", "after"];

    private static readonly IReadOnlyDictionary<string, UsageGrouping> Groupings =
        Enum.GetValues<UsageGrouping>().ToDictionary(UsageText.Name, StringComparer.Ordinal);

    public void Map(RouteGroupBuilder admin) => admin.MapGet("/usage", (Delegate)AskAsync);

    private async Task<IResult> AskAsync(HttpContext http)
    {
        if (!AdminQuery.Read(http.Request, Query).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal)
            || !ReadAsk(query).TryGet(out var ask, out refusal)
            || !TryPlace(query, ask, out var after, out refusal))
        {
            return new Refusal(refusal);
        }

        var answer = await usage.AskAsync(ask, http.RequestAborted);
        if (answer.Rows is not { } rows)
        {
            return new Refusal(GatewayError.InvalidRequest($"The answer would have more than {UsageQueries.MaxRows} rows. Ask for a shorter time or fewer groups.", "group_by"));
        }

        var rest = after is null ? rows : [.. rows.Where(row => new UsageRowKey([.. row.Groups]).CompareTo(after) > 0)];
        if (WantsCsv(http.Request))
        {
            var all = query["limit"] is null ? rest : [.. rest.Take(limit)];
            return new UsageCsv(ask.Groups, all, await names.OfAsync(ask.Groups, all, http.RequestAborted));
        }

        var page = rest.Take(limit).ToList();
        var next = rest.Count > limit ? UsageText.Place(page[^1].Groups) : null;
        return new UsageJson(ask.Groups, page, await names.OfAsync(ask.Groups, page, http.RequestAborted), answer, next, buckets.Zone.Id);
    }

    private Outcome<UsageAsk> ReadAsk(AdminQuery query)
    {
        if (!query.TryTime("from", out var from, out var refusal)
            || !query.TryTime("to", out var to, out refusal)
            || !ReadGroups(query["group_by"]).TryGet(out var groups, out refusal))
        {
            return refusal;
        }

        var end = to ?? time.GetUtcNow();
        if ((from ?? DateTimeOffset.MinValue) >= end || end.Year > MaxYear || from?.Year < MinYear)
        {
            return GatewayError.InvalidRequest($"'from' must be before 'to', both within the years {MinYear} to {MaxYear}.", "from");
        }

        return new UsageAsk(from ?? end - DefaultSpan, end, groups)
        {
            KeyId = query["key_id"],
            TeamId = query["team_id"],
            Model = query["model"],
            Provider = query["provider"],
            User = query["user"],
        };
    }

    private static Outcome<IReadOnlyList<UsageGrouping>> ReadGroups(string? text)
    {
        var groups = new List<UsageGrouping>();
        foreach (var name in text?.Split(',') ?? [])
        {
            if (!Groupings.TryGetValue(name.Trim(), out var group) || groups.Contains(group))
            {
                return GatewayError.InvalidRequest(
                    $"'group_by' must be a list of these, separated by commas, each at most once: {string.Join(", ", Groupings.Keys)}.", "group_by");
            }

            groups.Add(group);
        }

        return groups;
    }

    private static bool TryPlace(AdminQuery query, UsageAsk ask, out UsageRowKey? after, [NotNullWhen(false)] out GatewayError? error)
    {
        var values = query["after"] is { } text ? UsageText.ReadPlace(text) : null;
        after = values is not null && values.Length == ask.Groups.Count ? new UsageRowKey(values) : null;
        error = query["after"] is not null && after is null
            ? GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page of the same question.", "after")
            : null;
        return error is null;
    }

    private static bool WantsCsv(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList([.. request.Headers.Accept.OfType<string>()], out var accepted))
        {
            return false;
        }

        double Quality(Func<MediaTypeHeaderValue, bool> matches) => accepted.Where(matches).Select(type => type.Quality ?? 1).DefaultIfEmpty(0).Max();

        var csv = Quality(type => type.MediaType.Equals(Csv, StringComparison.OrdinalIgnoreCase));
        return csv > 0 && csv >= Quality(type => type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase));
    }
}
