using System.Text.Json;
using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>Calls with their content and feedback as JSON lines, read and sent page by page: an export of any length holds one page in memory.</summary>
internal sealed class RequestExport(LedgerQueries ledger, RequestDetail detail, LedgerFilter filter) : IResult
{
    private const int PageRows = 200;

    private static readonly ReadOnlyMemory<byte> LineEnd = "\n"u8.ToArray();

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancel = httpContext.RequestAborted;
        // The first page before the first byte: a database that is away is still an error then.
        var page = await ledger.PageAsync(filter, null, PageRows, cancel);
        httpContext.Response.ContentType = "application/x-ndjson";
        httpContext.Response.Headers.CacheControl = "no-store";
        httpContext.Response.Headers.ContentDisposition = "attachment; filename=\"requests.jsonl\"";
        while (true)
        {
            foreach (var view in await detail.ShowAsync(page.Rows, cancel))
            {
                if (IsWanted(view))
                {
                    await JsonSerializer.SerializeAsync(httpContext.Response.Body, view, AdminJson.Default.RequestView, cancel);
                    await httpContext.Response.Body.WriteAsync(LineEnd, cancel);
                }
            }

            if (page.Next is not { } next)
            {
                return;
            }

            page = await ledger.PageAsync(filter, next, PageRows, cancel);
        }
    }

    /// <summary>What has neither content nor feedback is no example of anything.</summary>
    private static bool IsWanted(RequestView view) => view.ContentAbsent is null || view.Feedback is not null;
}
