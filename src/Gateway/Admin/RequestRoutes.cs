using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>The admin's calls for the ledger.</summary>
internal static class RequestRoutes
{
    private const int MaxSearch = 200;

    private static readonly IReadOnlyList<string> NoQuery = [];
    private static readonly IReadOnlyList<string> ListQuery = ["key_id", "team_id", "model", "provider", "user", "outcome", "from", "to", "q", "order", "limit", "after"];
    private static readonly FrozenDictionary<string, CallOutcome> Outcomes =
        Enum.GetValues<CallOutcome>().ToFrozenDictionary(outcome => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()));

    public static void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/requests", ListAsync);
        admin.MapGet("/requests/{id}", ShowAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext http, LedgerQueries ledger)
    {
        if (!AdminQuery.Read(http.Request, ListQuery).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal)
            || !TryCursor(query, out var after, out refusal)
            || !ReadFilter(query).TryGet(out var filter, out refusal))
        {
            return new Refusal(refusal);
        }

        var page = await ledger.PageAsync(filter, after, limit, http.RequestAborted);
        var rows = page.Rows.Select(RequestView.Of).ToList();
        return Results.Json(new ListView<RequestView>(rows, page.Next is not null, page.Next?.ToString()), AdminJson.Default.ListViewRequestView);
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext http, LedgerQueries ledger)
    {
        if (!AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal))
        {
            return new Refusal(refusal);
        }

        return await ledger.FindAsync(new RequestId(id), http.RequestAborted) is { } row
            ? Results.Json(RequestView.Whole(row), AdminJson.Default.RequestView)
            : new Refusal(GatewayError.NotFound("request", id));
    }

    private static bool TryCursor(AdminQuery query, out LedgerCursor? after, [NotNullWhen(false)] out GatewayError? error)
    {
        after = query["after"] is { } text ? LedgerCursor.Parse(text) : null;
        error = after is null && query["after"] is not null
            ? GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page.", "after")
            : null;
        return error is null;
    }

    private static Outcome<LedgerFilter> ReadFilter(AdminQuery query)
    {
        if (!query.TryTime("from", out var from, out var refusal) || !query.TryTime("to", out var to, out refusal))
        {
            return refusal;
        }

        CallOutcome? outcome = null;
        if (query["outcome"] is { } name)
        {
            if (!Outcomes.TryGetValue(name, out var known))
            {
                return GatewayError.InvalidRequest($"'outcome' must be one of: {string.Join(", ", Outcomes.Keys.Order(StringComparer.Ordinal))}.", "outcome");
            }

            outcome = known;
        }

        if (query["q"] is { Length: > MaxSearch })
        {
            return GatewayError.InvalidRequest($"'q' must have at most {MaxSearch} characters.", "q");
        }

        if (query["order"] is not (null or "asc" or "desc"))
        {
            return GatewayError.InvalidRequest("'order' must be 'desc', the newest first, or 'asc', the oldest first.", "order");
        }

        return new LedgerFilter
        {
            KeyId = query["key_id"],
            TeamId = query["team_id"],
            Model = query["model"],
            Provider = query["provider"],
            User = query["user"],
            Outcome = outcome,
            From = from,
            To = to,
            Search = query["q"],
            OldestFirst = query["order"] == "asc",
        };
    }
}
