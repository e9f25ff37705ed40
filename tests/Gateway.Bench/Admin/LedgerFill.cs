using System.Diagnostics;
using Gateway.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Bench.Admin;

/// <summary>
/// A ledger as long as is asked for: 30 days up to now, 200 keys in 20 teams, each with 3 of 8 models of 3 providers, half the calls with one of 2,000 users,
/// one in twenty not completed. Made by the database itself, since rows that come one by one would take hours.
/// </summary>
internal sealed class LedgerFill(string directory, long rows)
{
    private const long Span = 30L * 24 * 3600 * 1000;

    /// <summary>A number that looks like chance and is the same each time: rows of one key, model or user lie scattered.</summary>
    private const string Insert =
        """
        with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $rows),
        s(i, t, a, b, c) as (select i, $from + i * ($to - $from) / $rows, (i * 2654435761 >> 7) & 1048575, (i * 40503 >> 3) & 1048575, (i * 69069 >> 5) & 1048575 from n),
        r(i, t, a, b, c, m) as (select i, t, a, b, c, (a % 200 + c % 3) % 8 from s)
        insert into requests (seq, id, time, key_id, team_id, "user", endpoint, model, provider, upstream_model, status, outcome, stream,
            input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, ttft_ms, duration_ms, upstream_request_id, error_code, cost_usd_micros, reserved_tokens)
        select i + 1, 'req_' || printf('%012x%020x', t, i), t, 'key_' || printf('%032d', a % 200), 'team_' || printf('%032d', a % 20),
            case when b % 2 = 0 then 'user-' || (b % 4000 / 2) end, 'chat/completions', 'model-' || m, 'provider-' || (m % 3), 'model-' || m || '-2026',
            case when b % 100 < 95 then 200 when b % 100 < 97 then 429 else 502 end,
            case when b % 100 < 95 then 0 when b % 100 < 97 then 5 when b % 100 < 99 then 3 else 1 end,
            c % 2, 100 + a % 4000, 1 + b % 800, a % 100, 0, 1, 1, 80 + b % 900, 200 + c % 9000, 'chatcmpl-' || printf('%024x', i), case when b % 100 >= 97 then 'upstream_timeout' end, a % 50000, 0
        from r
        """;

    public async Task RunAsync(CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "gateway.db");
        await using var db = new GatewayDb(new DbContextOptionsBuilder<GatewayDb>().UseSqlite($"Data Source={path};Pooling=False").Options);
        await db.Database.MigrateAsync(cancel);
        await db.Database.OpenConnectionAsync(cancel);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        if (Scalar(connection, "select count(*) from requests") is > 0)
        {
            throw new InvalidOperationException($"'{path}' has calls already.");
        }

        Run(connection, "pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -400000; pragma temp_store = memory");
        // Built afterwards, each in one go, they are the same and ten times sooner there.
        var indexes = Indexes(connection);
        indexes.ForEach(index => Run(connection, $"drop index \"{index.Name}\""));
        var to = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Run(connection, Insert, ("$rows", rows), ("$from", to - Span), ("$to", to));
        Say("rows");
        indexes.ForEach(index => Run(connection, index.Sql));
        Say("indexes");
        // By the hour, as calls are summed while they come.
        Run(connection, UsageSql.FoldHours.Replace("900000", "3600000", StringComparison.Ordinal));
        Run(connection, UsageSql.FoldUsers.Replace("900000", "3600000", StringComparison.Ordinal));
        Run(connection, "pragma wal_checkpoint(truncate)");
        Say("sums");
        System.Console.WriteLine($"{rows} calls, {Scalar(connection, "select count(*) from usage_hours")} sums and {Scalar(connection, "select count(*) from usage_users")} by user in {path}, {new FileInfo(path).Length >> 20} MiB.");

        void Say(string what) => System.Console.WriteLine($"{what}: {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
    }

    private static List<(string Name, string Sql)> Indexes(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "select name, sql from sqlite_master where type = 'index' and tbl_name = 'requests' and sql is not null";
        using var reader = command.ExecuteReader();
        var indexes = new List<(string, string)>();
        while (reader.Read())
        {
            indexes.Add((reader.GetString(0), reader.GetString(1)));
        }

        return indexes;
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long?)command.ExecuteScalar() ?? 0;
    }

    private static void Run(SqliteConnection connection, string sql, params IReadOnlyList<(string Name, long Value)> parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }
}
