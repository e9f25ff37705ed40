using Gateway.Ledger;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>The admin's call for feedback.</summary>
internal static class FeedbackRoutes
{
    private static readonly IReadOnlyList<string> ListQuery = ["rating", "key_id", "team_id", "model", "from", "to", "limit", "after"];

    public static void Map(RouteGroupBuilder admin) => admin.MapGet("/feedback", ListAsync);

    /// <summary>The filter <c>rating</c>, where it is there.</summary>
    public static Outcome<FeedbackFilter> ReadRating(AdminQuery query) => query["rating"] switch
    {
        null => new FeedbackFilter(),
        "up" => new FeedbackFilter { IsUp = true },
        "down" => new FeedbackFilter { IsUp = false },
        _ => GatewayError.InvalidRequest("'rating' must be \"up\" or \"down\".", "rating"),
    };

    private static async Task<IResult> ListAsync(HttpContext http, FeedbackStore feedback)
    {
        if (!AdminQuery.Read(http.Request, ListQuery).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal)
            || !query.TryTime("from", out var from, out refusal)
            || !query.TryTime("to", out var to, out refusal)
            || !ReadRating(query).TryGet(out var filter, out refusal))
        {
            return new Refusal(refusal);
        }

        var after = query["after"] is { } text ? FeedbackCursor.Parse(text) : null;
        if (after is null && query["after"] is not null)
        {
            return new Refusal(GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page.", "after"));
        }

        filter = filter with { KeyId = query["key_id"], TeamId = query["team_id"], Model = query["model"], From = from, To = to };
        var (rows, next) = await feedback.PageAsync(filter, after, limit, http.RequestAborted);
        return Results.Json(new ListView<FeedbackView>([.. rows.Select(FeedbackView.Of)], next is not null, next?.ToString()), AdminJson.Default.ListViewFeedbackView);
    }
}
