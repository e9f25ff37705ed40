using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Prompts;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>The admin's calls for the ledger.</summary>
internal static class RequestRoutes
{
    private const int MaxSearch = 200;

    private static readonly IReadOnlyList<string> NoQuery = [];
    private static readonly IReadOnlyList<string> ListQuery = ["key_id", "team_id", "model", "provider", "user", "outcome", "rating", "from", "to", "q", "order", "limit", "after"];
    private static readonly IReadOnlyList<string> ExportQuery = ["key_id", "team_id", "model", "provider", "user", "outcome", "from", "to", "q", "rating"];
    private static readonly IReadOnlyList<string> EraseQuery = ["user", "key_id", "before"];
    private static readonly FrozenDictionary<string, CallOutcome> Outcomes =
        Enum.GetValues<CallOutcome>().ToFrozenDictionary(outcome => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()));

    public static void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/requests", ListAsync);
        admin.MapGet("/requests/export", ExportAsync);
        admin.MapGet("/requests/{id}", ShowAsync);
        admin.MapDelete("/requests", EraseAsync);
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

    private static Task<IResult> ExportAsync(HttpContext http, LedgerQueries ledger, RequestDetail detail)
    {
        IResult result = AdminQuery.Read(http.Request, ExportQuery).TryGet(out var query, out var refusal)
            && ReadFilter(query).TryGet(out var filter, out refusal)
                ? new RequestExport(ledger, detail, filter)
                : new Refusal(refusal);
        return Task.FromResult(result);
    }

    private static async Task<IResult> EraseAsync(HttpContext http, PromptReader prompts, FeedbackStore feedback, Redactor redactor, TimeProvider time)
    {
        if (!AdminQuery.Read(http.Request, EraseQuery).TryGet(out var query, out var refusal) || !query.TryTime("before", out var before, out refusal))
        {
            return new Refusal(refusal);
        }

        if (query["user"] is null && query["key_id"] is null)
        {
            return new Refusal(GatewayError.InvalidRequest("Say whose prompts and answers to erase: 'user', or 'key_id', with 'before' where only older ones are meant.", "user"));
        }

        // A user's name is recorded without credentials, so it is looked for like that.
        var user = redactor.WithoutSecrets(query["user"]);
        KeyId? key = query["key_id"] is { } id ? new KeyId(id) : null;
        if (await prompts.EraseAsync(new PromptErasure(user, key, before), http.RequestAborted) is not { } erased)
        {
            return new Refusal(GatewayError.StoreUnavailable());
        }

        var what = JsonSerializer.Serialize(new ErasureView(user, key?.Value, before, erased), AdminJson.Default.ErasureView);
        await feedback.EraseCommentsAsync(user, key, before, AuditRow.Of(AdminActor.Of(http), time.GetUtcNow(), "request.erase", null, null, what), http.RequestAborted);
        return Results.Json(new ErasedView(erased), AdminJson.Default.ErasedView);
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext http, LedgerQueries ledger, RequestDetail detail)
    {
        if (!AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal))
        {
            return new Refusal(refusal);
        }

        return await ledger.FindAsync(new RequestId(id), http.RequestAborted) is { } row
            ? Results.Json(await detail.ShowAsync(row, http.RequestAborted), AdminJson.Default.RequestView)
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

        if (!FeedbackRoutes.ReadRating(query).TryGet(out var rating, out refusal))
        {
            return refusal;
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
            IsRatedUp = rating.IsUp,
            From = from,
            To = to,
            Search = query["q"],
            OldestFirst = query["order"] == "asc",
        };
    }
}
