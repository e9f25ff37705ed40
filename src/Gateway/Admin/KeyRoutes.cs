using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>The admin's calls for callers' keys.</summary>
internal static class KeyRoutes
{
    private static readonly IReadOnlyList<string> NoQuery = [];
    private static readonly IReadOnlyList<string> ListQuery = ["limit", "after"];

    public static void Map(RouteGroupBuilder admin)
    {
        admin.MapPost("/keys", CreateAsync);
        admin.MapGet("/keys", ListAsync);
        admin.MapGet("/keys/{id}", ShowAsync);
        admin.MapPatch("/keys/{id}", ChangeAsync);
        admin.MapDelete("/keys/{id}", RevokeAsync);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, KeyStore keys, TimeProvider time)
    {
        if (!AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal)
            || !(await AdminBody.ReadAsync(http.Request, http.RequestAborted)).TryGet(out var body, out refusal))
        {
            return new Refusal(refusal);
        }

        using (body)
        {
            if (!KeyBody.ReadNew(body.RootElement).TryGet(out var spec, out refusal))
            {
                return new Refusal(refusal);
            }

            var made = await keys.CreateAsync(spec, http.RequestAborted);
            http.Response.Headers.Location = $"/admin/keys/{made.Key.Id}";
            // The secret is in this answer: no cache on the way may keep it.
            http.Response.Headers.CacheControl = "no-store";
            return Results.Json(KeyView.Of(made.Key, time.GetUtcNow(), made.Secret), AdminJson.Default.KeyView, statusCode: StatusCodes.Status201Created);
        }
    }

    private static async Task<IResult> ListAsync(HttpContext http, KeyStore keys, TimeProvider time)
    {
        if (!AdminQuery.Read(http.Request, ListQuery).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal))
        {
            return new Refusal(refusal);
        }

        KeyId? after = query["after"] is { } id ? new KeyId(id) : null;
        if (after is { IsWellFormed: false })
        {
            return new Refusal(GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page.", "after"));
        }

        // One more than asked for tells whether there are more.
        var found = await keys.ListAsync(after, limit + 1, http.RequestAborted);
        var now = time.GetUtcNow();
        var page = found.Take(limit).Select(key => KeyView.Of(key, now)).ToList();
        var hasMore = found.Count > limit;
        return Results.Json(new ListView<KeyView>(page, hasMore, hasMore ? page[^1].Id : null), AdminJson.Default.ListViewKeyView);
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext http, KeyStore keys, TimeProvider time) =>
        AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal)
            ? Answer(await keys.FindAsync(new KeyId(id), http.RequestAborted), time)
            : new Refusal(refusal);

    private static async Task<IResult> ChangeAsync(string id, HttpContext http, KeyStore keys, TimeProvider time)
    {
        if (!AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal)
            || !(await AdminBody.ReadAsync(http.Request, http.RequestAborted)).TryGet(out var body, out refusal))
        {
            return new Refusal(refusal);
        }

        using (body)
        {
            return Answer(await keys.ChangeAsync(new KeyId(id), spec => KeyBody.Change(body.RootElement, spec), http.RequestAborted), time);
        }
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext http, KeyStore keys, TimeProvider time) =>
        AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal)
            ? Answer(await keys.RevokeAsync(new KeyId(id), http.RequestAborted), time)
            : new Refusal(refusal);

    private static IResult Answer(Outcome<KeyRecord> outcome, TimeProvider time) => outcome.TryGet(out var key, out var refusal)
        ? Results.Json(KeyView.Of(key, time.GetUtcNow()), AdminJson.Default.KeyView)
        : new Refusal(refusal);
}
