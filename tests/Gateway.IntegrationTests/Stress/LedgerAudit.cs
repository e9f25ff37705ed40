using Npgsql;

namespace Gateway.IntegrationTests.Stress;

/// <summary>What the ledger's rows say of limits: the only judge of whether one was exceeded.</summary>
internal sealed class LedgerAudit(string database)
{
    /// <summary>
    /// Completed, or settled at what was reserved since its gateway died, or broken off since its place was lost while its gateway got no processor:
    /// the only ways in which a call of these tests can cost anything.
    /// </summary>
    private const string Spent = "(outcome in (0, 7) or (outcome = 4 and input_tokens > 0))";

    private const long Minute = 60_000;

    /// <summary>How long the windows of a limit a minute are, by which it rolls.</summary>
    private const long Window = 1_000;

    /// <summary>How much later than a call arrived it can have been admitted: gateways give up after 1.8 seconds.</summary>
    private const long Admission = 2_500;

    public async Task<long> CallsAsync(string owner) => await NumberAsync($"select count(*) from requests where {Spent} and {owner}");

    public async Task<long> TokensAsync(string owner) => await NumberAsync($"select coalesce(sum(input_tokens + output_tokens), 0) from requests where {Spent} and {owner}");

    public async Task<long> MicrosAsync(string owner) => await NumberAsync($"select coalesce(sum(cost_usd_micros), 0) from requests where {Spent} and {owner}");

    /// <summary>Reservations that nobody has ended yet.</summary>
    public async Task<long> HeldAsync() => await NumberAsync("select count(*) from reservations where stage <> 1");

    /// <summary>Calls that ended in a way in which none of these should.</summary>
    public async Task<long> StrangeAsync() => await NumberAsync("select count(*) from requests where outcome not in (0, 4, 5, 6, 7) and not (outcome = 3 and status = 503)");

    /// <summary>The most that was settled in any 60 seconds: by the windows that the counters took it in, and by the calls' own times.</summary>
    public async Task<long> MostTokensInAMinuteAsync(string tag)
    {
        var buckets = await PairsAsync($"select \"window\", sum(counted)::bigint from quota_usage where tag = '{tag}' and per = 1 group by 1 order by 1");
        var calls = await PairsAsync($"select \"time\", input_tokens + output_tokens from requests where {Spent} and coalesce(team_id, key_id) = '{tag}' order by 1");
        // A window is forgotten a minute after its last charge, so the sixty-first from it may hold spend that came later than that.
        return Math.Max(MostWithin(buckets, Minute - Window), MostWithin(calls, Minute - Admission));
    }

    /// <summary>The most calls that were being answered at one moment. Shrunk to whole milliseconds inside of what was held, so that it never says too many.</summary>
    public async Task<int> MostAtOnceAsync(string owner)
    {
        var spans = await PairsAsync($"select \"time\" + ttft_ms + 1, \"time\" + duration_ms from requests where outcome = 0 and ttft_ms is not null and {owner}");
        var changes = spans.Where(span => span.Second > span.First).SelectMany(span => new[] { (At: span.First, Change: 1), (At: span.Second, Change: -1) });
        var (running, most) = (0, 0);
        foreach (var (_, change) in changes.OrderBy(change => change.At).ThenBy(change => change.Change))
        {
            running += change;
            most = Math.Max(most, running);
        }

        return most;
    }

    private static long MostWithin(IReadOnlyList<(long First, long Second)> amounts, long span)
    {
        long most = 0, sum = 0;
        for (int from = 0, to = 0; to < amounts.Count; to++)
        {
            sum += amounts[to].Second;
            while (amounts[to].First - amounts[from].First > span)
            {
                sum -= amounts[from++].Second;
            }

            most = Math.Max(most, sum);
        }

        return most;
    }

    private async Task<long> NumberAsync(string sql) => (await PairsAsync($"select ({sql})::bigint, 0::bigint"))[0].First;

    private async Task<IReadOnlyList<(long First, long Second)>> PairsAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false;Timeout=30");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var rows = await command.ExecuteReaderAsync();
        var pairs = new List<(long, long)>();
        while (await rows.ReadAsync())
        {
            pairs.Add((rows.GetInt64(0), rows.GetInt64(1)));
        }

        return pairs;
    }
}
