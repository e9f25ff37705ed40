using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>The calls that move keys, teams and limits to another gateway.</summary>
internal sealed class TransferRoutes(KeyTransfer transfer, TimeProvider time)
{
    /// <summary>Some 100,000 keys. More than that is moved with the database.</summary>
    private const int MaxImportBytes = 64 << 20;

    private static readonly IReadOnlyList<string> ImportQuery = ["dry_run"];

    public void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/export", (Delegate)ExportAsync);
        admin.MapPost("/export", (Delegate)PostExportAsync);
        admin.MapPost("/import", (Delegate)ImportAsync);
    }

    private Task<IResult> ExportAsync(HttpContext http) => AdminCall.PlainAsync(http, () => Task.FromResult<IResult>(new ExportJson(transfer, time.GetUtcNow())));

    private Task<IResult> PostExportAsync(HttpContext http) => AdminCall.WithBodyAsync(http, mayBeEmpty: true, body => Task.FromResult<IResult>(
        body.EnumerateObject().Select(field => field.Name).FirstOrDefault() is { } unknown
            ? new Refusal(GatewayError.UnknownField(unknown, ["an object without fields, or no body"]))
            : new ExportJson(transfer, time.GetUtcNow())));

    private async Task<IResult> ImportAsync(HttpContext http)
    {
        if (!AdminQuery.Read(http.Request, ImportQuery).TryGet(out var query, out var refusal))
        {
            return new Refusal(refusal);
        }

        if (query["dry_run"] is not (null or "true" or "false"))
        {
            return new Refusal(GatewayError.InvalidRequest("'dry_run' must be 'true' or 'false'.", "dry_run"));
        }

        if (!(await AdminBody.ReadAsync(http.Request, MaxImportBytes, mayBeEmpty: false, http.RequestAborted)).TryGet(out var body, out refusal))
        {
            return new Refusal(refusal);
        }

        using (body)
        {
            var isDry = query["dry_run"] == "true";
            return MovedBody.Read(body.RootElement).TryGet(out var moved, out refusal)
                && (await transfer.ImportAsync(moved.Teams, moved.Keys, isDry, AdminActor.Of(http), http.RequestAborted)).TryGet(out var result, out refusal)
                    ? Results.Json(ImportView.Of(result, isDry), AdminJson.Default.ImportView)
                    : new Refusal(refusal);
        }
    }
}
