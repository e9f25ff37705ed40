using System.Globalization;
using System.Text;
using Gateway.Console.Words;
using Gateway.Keys;
using Gateway.Ledger;
using Microsoft.AspNetCore.Http.Extensions;

namespace Gateway.Console;

/// <summary>The requests of a list as a file: the same filter, in UTC and full precision, newest first, page by page so that no export holds much.</summary>
internal sealed class RequestsCsv(LedgerQueries ledger, KeyStore keys, TimeProvider time)
{
    public const string Route = "/console/export/requests.csv";

    /// <summary>What a spreadsheet can still show; the API hands out the rest.</summary>
    public const int MostRows = 100_000;

    private const int PageRows = 1_000;
    private const string Head =
        "time,id,key_id,key,team_id,user,endpoint,model,provider,upstream_model,status,outcome,stream,input_tokens,cached_tokens,output_tokens,reasoning_tokens,token_source,cost_usd,attempts,ttft_ms,duration_ms,error_code\r\n";

    public async Task SendAsync(HttpContext http)
    {
        var cancel = http.RequestAborted;
        var filter = RequestFilter.Of(http.Request.GetEncodedUrl(), time.GetUtcNow());
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"requests-{filter.Range}.csv\"";
        await http.Response.WriteAsync(Head, cancel);
        LedgerCursor? after = null;
        var written = 0;
        do
        {
            var page = await ledger.PageAsync(filter.Filter, after, Math.Min(PageRows, MostRows - written), cancel);
            var names = await keys.NamesAsync([.. page.Rows.Select(row => row.KeyId?.Value).OfType<string>().Distinct()], cancel);
            await http.Response.WriteAsync(Write(page.Rows, names), cancel);
            (after, written) = (page.Next, written + page.Rows.Count);
        }
        while (after is not null && written < MostRows);
    }

    private static string Write(IReadOnlyList<LedgerEntry> rows, IReadOnlyDictionary<string, string> names)
    {
        var csv = new StringBuilder();
        foreach (var row in rows)
        {
            var outcome = RequestFilter.Outcomes.First(known => known.Outcome == row.Outcome).Name;
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{row.Time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ},{row.Id},{row.KeyId?.Value},{CsvCell.Of(names.GetValueOrDefault(row.KeyId?.Value ?? ""))},{CsvCell.Of(row.TeamId)},{CsvCell.Of(row.User)},{row.Endpoint},"
                + $"{CsvCell.Of(row.Model)},{CsvCell.Of(row.Provider)},{CsvCell.Of(row.UpstreamModel)},{row.Status},{outcome},{(row.Stream ? "true" : "false")},{row.InputTokens},{row.CachedTokens},{row.OutputTokens},"
                + $"{row.ReasoningTokens},{row.TokenSource.ToString().ToLowerInvariant()},{row.CostMicros / 1_000_000m},{row.Attempts},{row.TimeToFirstByte?.TotalMilliseconds:0},{row.Duration.TotalMilliseconds:0},{CsvCell.Of(row.ErrorCode)}\r\n");
        }

        return csv.ToString();
    }
}
