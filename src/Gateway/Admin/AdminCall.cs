using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>What calls for keys and for teams do alike, around what they do differently.</summary>
internal static class AdminCall
{
    private static readonly IReadOnlyList<string> NoQuery = [];
    private static readonly IReadOnlyList<string> ListQuery = ["limit", "after"];

    /// <summary>A call with nothing but its path.</summary>
    public static async Task<IResult> PlainAsync(HttpContext http, Func<Task<IResult>> answer) =>
        AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal) ? await answer() : new Refusal(refusal);

    /// <summary>A call with a JSON object as its body.</summary>
    public static Task<IResult> WithBodyAsync(HttpContext http, Func<JsonElement, Task<IResult>> answer) => WithBodyAsync(http, mayBeEmpty: false, answer);

    /// <summary>A call with a JSON object as its body, which may be left out where all its fields may be.</summary>
    public static async Task<IResult> WithBodyAsync(HttpContext http, bool mayBeEmpty, Func<JsonElement, Task<IResult>> answer)
    {
        if (!AdminQuery.Read(http.Request, NoQuery).TryGet(out _, out var refusal)
            || !(await AdminBody.ReadAsync(http.Request, AdminBody.MaxBytes, mayBeEmpty, http.RequestAborted)).TryGet(out var body, out refusal))
        {
            return new Refusal(refusal);
        }

        using (body)
        {
            return await answer(body.RootElement);
        }
    }

    /// <summary>One page of a list that goes by ids, newest first.</summary>
    /// <param name="http">The call.</param>
    /// <param name="isId">Whether a text could be an id.</param>
    /// <param name="list">Up to so many items after the one with this id.</param>
    /// <param name="show">An item's view.</param>
    /// <param name="idOf">A view's id.</param>
    /// <param name="json">How the page is written.</param>
    public static async Task<IResult> PageAsync<TItem, TView>(
        HttpContext http,
        Func<string, bool> isId,
        Func<string?, int, Task<IReadOnlyList<TItem>>> list,
        Func<TItem, ValueTask<TView>> show,
        Func<TView, string> idOf,
        JsonTypeInfo<ListView<TView>> json)
    {
        if (!AdminQuery.Read(http.Request, ListQuery).TryGet(out var query, out var refusal)
            || !query.TryLimit(out var limit, out refusal))
        {
            return new Refusal(refusal);
        }

        var after = query["after"];
        if (after is not null && !isId(after))
        {
            return new Refusal(GatewayError.InvalidRequest("'after' must be the 'next' of an earlier page.", "after"));
        }

        // One more than asked for tells whether there are more.
        var found = await list(after, limit + 1);
        var page = new List<TView>();
        foreach (var item in found.Take(limit))
        {
            page.Add(await show(item));
        }

        var hasMore = found.Count > limit;
        return Results.Json(new ListView<TView>(page, hasMore, hasMore ? idOf(page[^1]) : null), json);
    }
}
