using System.Globalization;
using System.Text;
using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>All of an answer's usage as CSV, written as it goes.</summary>
/// <param name="groups">What it is grouped by.</param>
/// <param name="rows">The rows.</param>
/// <param name="names">What keys and teams are called.</param>
internal sealed class UsageCsv(IReadOnlyList<UsageGrouping> groups, IReadOnlyList<UsageRow> rows, IReadOnlyDictionary<string, string> names) : IResult
{
    private const int FlushAt = 32 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8; header=present";
        response.Headers.ContentDisposition = "attachment; filename=\"usage.csv\"";
        response.Headers.XContentTypeOptions = "nosniff";
        var text = new StringBuilder();
        CsvText.Append(text, Header());
        foreach (var row in rows)
        {
            CsvText.Append(text, Cells(row));
            if (text.Length > FlushAt)
            {
                await response.WriteAsync(text.ToString(), httpContext.RequestAborted);
                text.Clear();
            }
        }

        await response.WriteAsync(text.ToString(), httpContext.RequestAborted);
    }

    private IEnumerable<string> Header()
    {
        foreach (var group in groups)
        {
            yield return UsageText.Name(group);
            if (UsageText.NameColumn(group) is { } column)
            {
                yield return column;
            }
        }

        foreach (var figure in (string[])["requests", "input_tokens", "output_tokens", "cached_tokens", "cost_usd", "errors"])
        {
            yield return figure;
        }
    }

    private IEnumerable<string> Cells(UsageRow row)
    {
        for (var i = 0; i < groups.Count; i++)
        {
            yield return row.Groups[i];
            if (UsageText.NameColumn(groups[i]) is not null)
            {
                yield return names.GetValueOrDefault(row.Groups[i], "");
            }
        }

        var figures = row.Figures;
        foreach (var figure in (long[])[figures.Requests, figures.InputTokens, figures.OutputTokens, figures.CachedTokens])
        {
            yield return figure.ToString(CultureInfo.InvariantCulture);
        }

        yield return (figures.CostMicros / UsageText.MicrosPerDollar).ToString(CultureInfo.InvariantCulture);
        yield return figures.Errors.ToString(CultureInfo.InvariantCulture);
    }
}
