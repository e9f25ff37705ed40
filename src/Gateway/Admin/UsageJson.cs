using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>A page of usage as JSON. Written by hand, since a row has the fields that were asked for.</summary>
/// <param name="groups">What it is grouped by.</param>
/// <param name="rows">The page.</param>
/// <param name="names">What keys and teams are called.</param>
/// <param name="answer">The span that the whole answer is for.</param>
/// <param name="next">The next page's place; null on the last.</param>
/// <param name="zone">The time zone of days and hours.</param>
internal sealed class UsageJson(
    IReadOnlyList<UsageGrouping> groups, IReadOnlyList<UsageRow> rows, IReadOnlyDictionary<string, string> names, UsageAnswer answer, string? next, string zone) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var row in rows)
        {
            Write(json, row);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more", next is not null);
        json.WriteString("next", next);
        json.WriteString("from", WireTime.Write(answer.From));
        json.WriteString("to", WireTime.Write(answer.To));
        json.WriteString("time_zone", zone);
        json.WriteEndObject();
        await json.FlushAsync(httpContext.RequestAborted);
    }

    private void Write(Utf8JsonWriter json, UsageRow row)
    {
        json.WriteStartObject();
        for (var i = 0; i < groups.Count; i++)
        {
            var value = row.Groups[i];
            json.WriteString(UsageText.Name(groups[i]), value.Length > 0 ? value : null);
            if (UsageText.NameColumn(groups[i]) is { } column)
            {
                json.WriteString(column, names.GetValueOrDefault(value));
            }
        }

        json.WriteNumber("requests", row.Figures.Requests);
        json.WriteNumber("input_tokens", row.Figures.InputTokens);
        json.WriteNumber("output_tokens", row.Figures.OutputTokens);
        json.WriteNumber("cached_tokens", row.Figures.CachedTokens);
        json.WriteNumber("cost_usd", row.Figures.CostMicros / UsageText.MicrosPerDollar);
        json.WriteNumber("errors", row.Figures.Errors);
        json.WriteEndObject();
    }
}
