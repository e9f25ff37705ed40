using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>The admin's look at all limits, the fullest first.</summary>
internal sealed class LimitRoutes(LimitRanking ranking)
{
    private static readonly IReadOnlyList<string> ListQuery = ["min_share", "limit", "after"];

    public void Map(RouteGroupBuilder admin) => admin.MapGet("/limits", (Delegate)ListAsync);

    private async Task<IResult> ListAsync(HttpContext http)
    {
        if (!AdminQuery.Read(http.Request, ListQuery).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal)
            || !TryShare(query, out var least, out refusal)
            || !TryPlace(query, out var after, out refusal)
            || !(await ranking.AllAsync(http.RequestAborted)).TryGet(out var standings, out refusal))
        {
            return new Refusal(refusal);
        }

        var found = standings
            .Where(standing => standing.Share >= least && (after is null || standing.Place.CompareTo(after.Value) > 0))
            .OrderBy(standing => standing.Place)
            .Take(limit + 1)
            .ToList();
        var page = found.Take(limit).ToList();
        return Results.Json(
            new ListView<NearLimitView>(page.ConvertAll(NearLimitView.Of), found.Count > limit, found.Count > limit ? page[^1].Place.ToString() : null),
            AdminJson.Default.ListViewNearLimitView);
    }

    private static bool TryShare(AdminQuery query, out double share, [NotNullWhen(false)] out GatewayError? error)
    {
        share = 0;
        error = query["min_share"] is { } text
            && !(double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && double.IsFinite(share))
                ? GatewayError.InvalidRequest("'min_share' must be a number of 0 or more, such as 0.8.", "min_share")
                : null;
        return error is null;
    }

    private static bool TryPlace(AdminQuery query, out LimitPlace? after, [NotNullWhen(false)] out GatewayError? error)
    {
        after = query["after"] is { } text ? LimitPlace.Parse(text) : null;
        error = after is null && query["after"] is not null
            ? GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page.", "after")
            : null;
        return error is null;
    }
}
