using System.Globalization;

namespace Gateway.Bench.Admin;

/// <summary>
/// The calls of a filled ledger: 30 days up to now, 200 keys in 20 teams, each with 3 of 8 models of 3 providers, half the calls with one of 2,000 users,
/// one in twenty not completed, one in a hundred rated. Of the oldest, one has a user, a model and a provider of its own.
/// </summary>
internal static class LedgerRows
{
    public const long Span = 30L * 24 * 3600 * 1000;

    public const string Rare = "rare";

    /// <summary>Which row, by its number, is unlike all others.</summary>
    private const int RareRow = 1_000;

    public const string Columns =
        """
        seq, id, "time", key_id, team_id, "user", endpoint, model, provider, upstream_model, status, outcome, stream,
        input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, ttft_ms, duration_ms, upstream_request_id, error_code, cost_usd_micros, reserved_tokens, content
        """;

    /// <summary>What both databases say alike, of the row's number <c>i</c> and of <c>a</c>, <c>b</c> and <c>c</c>, which look like chance and are the same each time: rows of one key, model or user lie scattered.</summary>
    public const string Figures =
        """
        case when b % 100 < 95 then 200 when b % 100 < 97 then 429 else 502 end,
        case when b % 100 < 95 then 0 when b % 100 < 97 then 5 when b % 100 < 99 then 3 else 1 end,
        c % 2, 100 + a % 4000, 1 + b % 800, a % 100, 0, 1, 1, 80 + b % 900, 200 + c % 9000
        """;

    public const string Chance = "(i * 2654435761 >> 7) & 1048575 as a, (i * 40503 >> 3) & 1048575 as b, (i * 69069 >> 5) & 1048575 as c";

    public static string MakeRare { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"update requests set \"user\" = 'user-{Rare}', model = 'model-{Rare}', provider = 'provider-{Rare}' where seq = {RareRow}");

    public const string Rate =
        """
        insert into feedback (request_id, "time", request_time, key_id, team_id, "user", model, rating)
        select id, "time" + 60000, "time", key_id, team_id, "user", model, case when seq % 3 = 0 then -1 else 1 end from requests where seq % 97 = 0
        """;
}
