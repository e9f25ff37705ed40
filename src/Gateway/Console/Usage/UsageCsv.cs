using System.Globalization;
using System.Text;
using Gateway.Keys;
using Gateway.Quotas;
using Microsoft.Extensions.Options;

namespace Gateway.Console.Usage;

/// <summary>Usage as a file: the same sums as on the page, in UTC and full precision.</summary>
internal sealed class UsageCsv(UsageHours sums, KeyStore keys, TeamStore teams, IOptions<QuotaOptions> quotas, TimeProvider time)
{
    public const string Route = "/console/export/usage.csv";

    public async Task SendAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var zone = TimeZoneInfo.FindSystemTimeZoneById(quotas.Value.TimeZone);
        var span = UsageSpan.Of(query["range"], query["from"], query["to"], time.GetUtcNow(), zone);
        var by = Enum.TryParse<UsageBy>(query["group"], ignoreCase: true, out var asked) && Enum.IsDefined(asked) ? asked : UsageBy.Model;
        var table = await UsageTable.ReadAsync(sums, keys, teams, span, by, http.RequestAborted);
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"usage-{span.Range}.csv\"";
        await http.Response.WriteAsync(Write(table, by), http.RequestAborted);
    }

    private static string Write(UsageTable table, UsageBy by)
    {
        var csv = new StringBuilder();
        csv.Append(CultureInfo.InvariantCulture, $"from,to,{by.ToString().ToLowerInvariant()},name,requests,input_tokens,cached_tokens,output_tokens,cost_usd,errors\r\n");
        foreach (var sum in table.Groups.OrderByDescending(sum => sum.Micros).ThenByDescending(sum => sum.Requests))
        {
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{table.Span.From.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ},{table.Span.To.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ},{CsvCell.Of(sum.Group)},{CsvCell.Of(table.NameOf(sum.Group))},"
                + $"{sum.Requests},{sum.Input},{sum.Cached},{sum.Output},{sum.Of(UsageMeasure.Cost)},{sum.Errors}\r\n");
        }

        return csv.ToString();
    }
}
