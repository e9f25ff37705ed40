using System.Collections.Specialized;
using System.Globalization;
using System.Web;
using Gateway.Ledger;

namespace Gateway.Console.Words;

/// <summary>A filter of requests as an address has it: a list and the rows reached from it share it.</summary>
internal sealed record RequestFilter
{
    private static readonly string[] Names = ["range", "from", "to", "key", "team", "model", "provider", "user", "outcome", "rating", "q"];

    public static readonly IReadOnlyList<(string Range, string Name)> Ranges = [("1h", "Last hour"), ("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days"), ("all", "All")];

    public static readonly IReadOnlyList<(string Name, CallOutcome Outcome)> Outcomes =
    [
        ("completed", CallOutcome.Completed), ("denied", CallOutcome.Denied), ("rejected", CallOutcome.Rejected), ("upstream_error", CallOutcome.UpstreamError),
        ("upstream_cut", CallOutcome.UpstreamCut), ("timed_out", CallOutcome.TimedOut), ("client_disconnected", CallOutcome.ClientDisconnected), ("lease_expired", CallOutcome.LeaseExpired),
    ];

    /// <summary>One of <see cref="Ranges"/>; <c>custom</c> where the address has a span of its own.</summary>
    public required string Range { get; init; }

    public required LedgerFilter Filter { get; init; }

    /// <summary>The part of the address, with its question mark; empty where all is as usual.</summary>
    public required string Query { get; init; }

    /// <summary>What the address asks for and nobody understands: shown, so that a list is not taken for another.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    public bool IsAny => Query.Length == 0;

    public static RequestFilter Of(string address, DateTimeOffset now)
    {
        var query = HttpUtility.ParseQueryString(new Uri(address).Query);
        var (from, to) = (Time(query, "from"), Time(query, "to"));
        var range = from is not null || to is not null ? "custom" : query["range"] is { } asked && Ranges.Any(known => known.Range == asked) ? asked : "24h";
        var outcome = query["outcome"];
        return new RequestFilter
        {
            Range = range,
            Query = QueryOf(query),
            Ignored = [.. Names.Where(name => !IsUnderstood(name, query)).Select(name => $"{name}={query[name]}")],
            Filter = new LedgerFilter
            {
                KeyId = Text(query, "key"),
                TeamId = Text(query, "team"),
                Model = Text(query, "model"),
                Provider = Text(query, "provider"),
                User = Text(query, "user"),
                Outcome = Outcomes.FirstOrDefault(known => known.Name == outcome) is { Name: not null } found ? found.Outcome : null,
                IsRatedUp = query["rating"] switch { "up" => true, "down" => false, _ => null },
                Search = Text(query, "q"),
                From = range switch { "custom" => from, "1h" => now.AddHours(-1), "24h" => now.AddHours(-24), "7d" => now.AddDays(-7), "30d" => now.AddDays(-30), _ => null },
                To = to,
            },
        };
    }

    /// <summary>The address of a list.</summary>
    public static string AddressOf(params IReadOnlyList<(string Name, string? Value)> parts)
    {
        var query = parts.Where(part => !string.IsNullOrEmpty(part.Value)).Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value ?? "")}").ToList();
        return "/console/requests" + (query.Count == 0 ? "" : "?" + string.Join('&', query));
    }

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static bool IsUnderstood(string name, NameValueCollection query) => Text(query, name) is not { } value || name switch
    {
        "range" => Ranges.Any(known => known.Range == value),
        "outcome" => Outcomes.Any(known => known.Name == value),
        "rating" => value is "up" or "down",
        "from" or "to" => Time(query, name) is not null,
        _ => true,
    };

    private static string QueryOf(NameValueCollection query)
    {
        var parts = Names.Where(name => Text(query, name) is not null).Select(name => $"{name}={Uri.EscapeDataString(query[name] ?? "")}").ToList();
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private static string? Text(NameValueCollection query, string name) => query[name] is { Length: > 0 } text ? text : null;

    private static DateTimeOffset? Time(NameValueCollection query, string name) =>
        DateTimeOffset.TryParse(query[name], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
}
