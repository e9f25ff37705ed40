using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>The admin's calls for callers' keys.</summary>
internal sealed class KeyRoutes(KeyStore keys, LimitFigures figures, TimeProvider time)
{
    public void Map(RouteGroupBuilder admin)
    {
        admin.MapPost("/keys", (Delegate)CreateAsync);
        admin.MapGet("/keys", (Delegate)ListAsync);
        admin.MapGet("/keys/{id}", ShowAsync);
        admin.MapPatch("/keys/{id}", ChangeAsync);
        admin.MapDelete("/keys/{id}", RevokeAsync);
    }

    private Task<IResult> CreateAsync(HttpContext http) => AdminCall.WithBodyAsync(http, async body =>
    {
        if (!KeyBody.ReadNew(body).TryGet(out var spec, out var refusal)
            || !(await keys.CreateAsync(spec, http.RequestAborted)).TryGet(out var made, out refusal))
        {
            return new Refusal(refusal);
        }

        http.Response.Headers.Location = $"/admin/keys/{made.Key.Id}";
        // The secret is in this answer: no cache on the way may keep it.
        http.Response.Headers.CacheControl = "no-store";
        var view = await ViewAsync(made.Key, http.RequestAborted) with { Key = made.Secret };
        return Results.Json(view, AdminJson.Default.KeyView, statusCode: StatusCodes.Status201Created);
    });

    private Task<IResult> ListAsync(HttpContext http) => AdminCall.PageAsync(
        http,
        text => new KeyId(text).IsWellFormed,
        (after, count) => keys.ListAsync(after is null ? null : new KeyId(after), count, http.RequestAborted),
        key => ViewAsync(key, http.RequestAborted),
        view => view.Id,
        AdminJson.Default.ListViewKeyView);

    private Task<IResult> ShowAsync(string id, HttpContext http) =>
        AdminCall.PlainAsync(http, async () => await AnswerAsync(await keys.FindAsync(new KeyId(id), http.RequestAborted), http.RequestAborted));

    private Task<IResult> ChangeAsync(string id, HttpContext http) => AdminCall.WithBodyAsync(
        http,
        async body => await AnswerAsync(await keys.ChangeAsync(new KeyId(id), spec => KeyBody.Change(body, spec), http.RequestAborted), http.RequestAborted));

    private Task<IResult> RevokeAsync(string id, HttpContext http) =>
        AdminCall.PlainAsync(http, async () => await AnswerAsync(await keys.RevokeAsync(new KeyId(id), http.RequestAborted), http.RequestAborted));

    private async Task<IResult> AnswerAsync(Outcome<KeyRecord> outcome, CancellationToken cancel) => outcome.TryGet(out var key, out var refusal)
        ? Results.Json(await ViewAsync(key, cancel), AdminJson.Default.KeyView)
        : new Refusal(refusal);

    private async ValueTask<KeyView> ViewAsync(KeyRecord key, CancellationToken cancel) =>
        KeyView.Of(key, await figures.ShowAsync(QuotaShard.TagOf(key.Id, key.Spec.Team?.Value), key.Limits, cancel), time.GetUtcNow());
}
