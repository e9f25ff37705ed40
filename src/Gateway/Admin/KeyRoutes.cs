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
        admin.MapPost("/keys/{id}/rotate", RotateAsync);
    }

    private Task<IResult> CreateAsync(HttpContext http) => AdminCall.WithBodyAsync(http, async body =>
    {
        if (!KeyBody.ReadNew(body).TryGet(out var spec, out var refusal)
            || !(await keys.CreateAsync(spec, AdminActor.Of(http), http.RequestAborted)).TryGet(out var made, out refusal))
        {
            return new Refusal(refusal);
        }

        http.Response.Headers.Location = $"/admin/keys/{made.Key.Id}";
        return await SecretAsync(http, made, StatusCodes.Status201Created);
    });

    private Task<IResult> RotateAsync(string id, HttpContext http) => AdminCall.WithBodyAsync(http, mayBeEmpty: true, async body =>
        RotateBody.Read(body).TryGet(out var grace, out var refusal)
        && (await keys.RotateAsync(new KeyId(id), grace, AdminActor.Of(http), http.RequestAborted)).TryGet(out var made, out refusal)
            ? await SecretAsync(http, made, StatusCodes.Status200OK)
            : new Refusal(refusal));

    /// <summary>The secret is in this answer: no cache on the way may keep it.</summary>
    private async Task<IResult> SecretAsync(HttpContext http, NewKey made, int status)
    {
        http.Response.Headers.CacheControl = "no-store";
        var view = await ViewAsync(made.Key, http.RequestAborted) with { Key = made.Secret };
        return Results.Json(view, AdminJson.Default.KeyView, statusCode: status);
    }

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
        async body => await AnswerAsync(await keys.ChangeAsync(new KeyId(id), spec => KeyBody.Change(body, spec), AdminActor.Of(http), http.RequestAborted), http.RequestAborted));

    private Task<IResult> RevokeAsync(string id, HttpContext http) =>
        AdminCall.PlainAsync(http, async () => await AnswerAsync(await keys.RevokeAsync(new KeyId(id), AdminActor.Of(http), http.RequestAborted), http.RequestAborted));

    private async Task<IResult> AnswerAsync(Outcome<KeyRecord> outcome, CancellationToken cancel) => outcome.TryGet(out var key, out var refusal)
        ? Results.Json(await ViewAsync(key, cancel), AdminJson.Default.KeyView)
        : new Refusal(refusal);

    private async ValueTask<KeyView> ViewAsync(KeyRecord key, CancellationToken cancel) =>
        KeyView.Of(key, await figures.ShowAsync(QuotaShard.TagOf(key.Id, key.Spec.Team?.Value), key.Limits, cancel), time.GetUtcNow());
}
