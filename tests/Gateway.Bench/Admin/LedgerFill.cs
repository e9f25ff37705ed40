using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Gateway.Bench.Processes;
using Gateway.Bench.Stores;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Bench.Admin;

/// <summary>A ledger as long as is asked for, in SQLite and in PostgreSQL, made by the databases themselves: rows that come one by one would take hours.</summary>
internal sealed class LedgerFill(LedgerOptions options)
{
    private const string InsertSqlite =
        $"""
        with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < @rows),
        s as (select i, @from + i * (@to - @from) / @rows as t, {LedgerRows.Chance} from n),
        r as (select *, (a % 200 + c % 3) % 8 as m from s)
        insert into requests ({LedgerRows.Columns})
        select i + 1, 'req_' || printf('%012x%020x', t, i), t, 'key_' || printf('%032d', a % 200), 'team_' || printf('%032d', a % 20),
            case when b % 2 = 0 then 'user-' || (b % 4000 / 2) end, 'chat/completions', 'model-' || m, 'provider-' || (m % 3), 'model-' || m || '-2026',
            {LedgerRows.Figures}, 'chatcmpl-' || printf('%024x', i), case when b % 100 >= 97 then 'upstream_timeout' end, a % 50000, 0, 0
        from r
        """;

    private const string InsertPostgres =
        $"""
        with s as (select i, @from + i * (@to - @from) / @rows as t, {LedgerRows.Chance} from generate_series(0, @rows - 1) as i),
        r as (select *, (a % 200 + c % 3) % 8 as m from s)
        insert into requests ({LedgerRows.Columns})
        select i + 1, 'req_' || lpad(to_hex(t), 12, '0') || lpad(to_hex(i), 20, '0'), t, 'key_' || lpad((a % 200)::text, 32, '0'), 'team_' || lpad((a % 20)::text, 32, '0'),
            case when b % 2 = 0 then 'user-' || (b % 4000 / 2) end, 'chat/completions', 'model-' || m, 'provider-' || (m % 3), 'model-' || m || '-2026',
            {LedgerRows.Figures}, 'chatcmpl-' || lpad(to_hex(i), 24, '0'), case when b % 100 >= 97 then 'upstream_timeout' end, a % 50000, 0, 0
        from r
        """;

    private readonly long _started = Stopwatch.GetTimestamp();

    public async Task RunAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(options.Data);
        await FillSqliteAsync(cancel);
        await using var processes = new ProcessGroup();
        // What is lost by a crash is made again.
        string[] settings = ["fsync=off", "max_wal_size=8GB", "shared_buffers=512MB", "maintenance_work_mem=512MB"];
        if (await PostgresStore.StartAsync(processes, new DirectoryInfo(options.Data), LedgerOptions.Cluster, settings, cancel) is { } postgres)
        {
            await FillPostgresAsync(postgres, cancel);
        }
        else
        {
            Say("PostgreSQL is not installed.");
        }
    }

    private async Task FillSqliteAsync(CancellationToken cancel)
    {
        var path = Path.Combine(options.Data, "gateway.db");
        await using var db = new GatewayDb(new DbContextOptionsBuilder<GatewayDb>().UseSqlite($"Data Source={path};Pooling=False").Options);
        await db.Database.MigrateAsync(cancel);
        await db.Database.OpenConnectionAsync(cancel);
        var connection = db.Database.GetDbConnection();
        await RunAsync(connection, "pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -400000; pragma temp_store = memory", cancel);
        await FillAsync(connection, InsertSqlite, "select name, sql from sqlite_master where type = 'index' and tbl_name = 'requests' and sql is not null", cancel);
        await RunAsync(connection, "pragma wal_checkpoint(truncate)", cancel);
        Say($"SQLite is filled: {new FileInfo(path).Length >> 20} MiB.");
    }

    private async Task FillPostgresAsync(PostgresStore postgres, CancellationToken cancel)
    {
        await using var db = new PostgresDb(new DbContextOptionsBuilder<PostgresDb>().UseNpgsql(postgres.ConnectionString).Options);
        await db.Database.MigrateAsync(cancel);
        await db.Database.OpenConnectionAsync(cancel);
        var connection = db.Database.GetDbConnection();
        // Not the primary key: other tables may lean on it.
        await FillAsync(connection, InsertPostgres, "select indexname, indexdef from pg_indexes where schemaname = current_schema() and tablename = 'requests' and indexname not like 'PK%'", cancel);
        foreach (var step in (string[])["select setval(pg_get_serial_sequence('requests', 'seq'), (select max(seq) from requests))", "vacuum analyze", "checkpoint"])
        {
            await RunAsync(connection, step, cancel);
        }

        Say($"PostgreSQL is filled: {await ScalarAsync(connection, "select pg_database_size(current_database())", cancel) >> 20} MiB.");
    }

    private async Task FillAsync(DbConnection connection, string insert, string listIndexes, CancellationToken cancel)
    {
        if (await ScalarAsync(connection, "select count(*) from requests", cancel) > 0)
        {
            Say("has calls already");
            return;
        }

        // Built afterwards, each in one go, they are the same and ten times sooner there.
        var indexes = await PairsAsync(connection, listIndexes, cancel);
        foreach (var (name, _) in indexes)
        {
            await RunAsync(connection, $"drop index \"{name}\"", cancel);
        }

        var to = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await RunAsync(connection, insert, cancel, ("@rows", options.Rows), ("@from", to - LedgerRows.Span), ("@to", to));
        await RunAsync(connection, LedgerRows.MakeRare, cancel);
        await RunAsync(connection, LedgerRows.Rate, cancel);
        Say("rows");
        foreach (var (_, sql) in indexes)
        {
            await RunAsync(connection, sql, cancel);
        }

        Say("indexes");
        // By the hour, as calls are summed while they come.
        await RunAsync(connection, UsageSql.FoldHours.Replace("900000", "3600000", StringComparison.Ordinal), cancel);
        await RunAsync(connection, UsageSql.FoldUsers.Replace("900000", "3600000", StringComparison.Ordinal), cancel);
        Say("sums");
    }

    private void Say(string what) => System.Console.WriteLine($"{Stopwatch.GetElapsedTime(_started).TotalSeconds:F0} s: {what}");

    private static async Task<List<(string First, string Second)>> PairsAsync(DbConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var pairs = new List<(string, string)>();
        while (await reader.ReadAsync(cancel))
        {
            pairs.Add((reader.GetString(0), reader.GetString(1)));
        }

        return pairs;
    }

    private static async Task<long> ScalarAsync(DbConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken cancel, params IReadOnlyList<(string Name, long Value)> parameters)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync(cancel);
    }
}
