using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Admin;

/// <summary>The audit log: who changed what, when, from where, before and after.</summary>
internal sealed class AuditRoutes(IDbContextFactory<GatewayDb> dbs)
{
    private static readonly IReadOnlyList<string> Query = ["actor", "action", "object_type", "object_id", "from", "to", "limit", "after"];

    public void Map(RouteGroupBuilder admin) => admin.MapGet("/audit", (Delegate)ListAsync);

    private async Task<IResult> ListAsync(HttpContext http)
    {
        if (!AdminQuery.Read(http.Request, Query).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal)
            || !query.TryTime("from", out var from, out refusal)
            || !query.TryTime("to", out var to, out refusal))
        {
            return new Refusal(refusal);
        }

        var after = query["after"];
        if (after is not null && !AuditRow.IsId(after))
        {
            return new Refusal(GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page.", "after"));
        }

        await using var db = await dbs.CreateDbContextAsync(http.RequestAborted);
        var rows = Narrow(db.Audit.AsNoTracking(), query, from, to);
        if (after is not null)
        {
            rows = rows.Where(a => string.Compare(a.Id, after) < 0);
        }

        var found = await rows.OrderByDescending(a => a.Id).Take(limit + 1).ToListAsync(http.RequestAborted);
        var page = found.Take(limit).Select(AuditView.Of).ToList();
        var hasMore = found.Count > limit;
        return Results.Json(new ListView<AuditView>(page, hasMore, hasMore ? page[^1].Id : null), AdminJson.Default.ListViewAuditView);
    }

    private static IQueryable<AuditRow> Narrow(IQueryable<AuditRow> rows, AdminQuery query, DateTimeOffset? from, DateTimeOffset? to)
    {
        if (query["actor"] is { } actor)
        {
            rows = rows.Where(a => a.Actor == actor);
        }

        if (query["action"] is { } action)
        {
            rows = rows.Where(a => a.Action == action);
        }

        if (query["object_type"] is { } type)
        {
            rows = rows.Where(a => a.ObjectType == type);
        }

        if (query["object_id"] is { } id)
        {
            rows = rows.Where(a => a.ObjectId == id);
        }

        if (from?.ToUnixTimeMilliseconds() is { } first)
        {
            rows = rows.Where(a => a.Time >= first);
        }

        if (to?.ToUnixTimeMilliseconds() is { } last)
        {
            rows = rows.Where(a => a.Time < last);
        }

        return rows;
    }
}
