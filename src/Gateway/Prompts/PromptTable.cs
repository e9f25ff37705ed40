using System.Globalization;
using System.Text;
using Gateway.Storage;
using Npgsql;

namespace Gateway.Prompts;

/// <summary>One day's table on PostgreSQL: made by the first replica that needs it, rewritten where some of it is erased, dropped whole.</summary>
internal static class PromptTable
{
    private const string Prefix = "prompts_";
    private const string DayFormat = "yyyyMMdd";

    /// <summary>The number of the advisory lock under which tables are made: "prompts" in ASCII.</summary>
    private const long MakingLock = 0x70726f6d707473;

    /// <summary>Seconds that rewriting a day may take.</summary>
    private const int RewriteSeconds = 600;

    /// <summary>A reader that stays, such as a dump, must not hold up those who write behind this.</summary>
    private const string Patience = "set local lock_timeout = '5s'";

    public static string NameOf(DateOnly day) => Prefix + day.ToString(DayFormat, CultureInfo.InvariantCulture);

    public static void Make(NpgsqlConnection connection, DateOnly day)
    {
        var name = NameOf(day);
        using var transaction = connection.BeginTransaction();
        // Two that make one table at once both find none, and one of them fails.
        Execute(connection, $"select pg_advisory_xact_lock({MakingLock})");
        using (var find = new NpgsqlCommand("select to_regclass($1) is not null", connection) { Parameters = { new() { Value = name } } })
        {
            if (find.ExecuteScalar() is true)
            {
                transaction.Commit();
                return;
            }
        }

        Execute(
            connection,
            $"""
            create table {name} (id text collate "C" primary key, time bigint not null, key_id text collate "C", team_id text collate "C", "user" text collate "C",
                state integer not null, prompt bytea, answer bytea, is_cut boolean not null);
            {Indexes(name)}
            """);
        transaction.Commit();
    }

    public static async Task<IReadOnlyList<DateOnly>> DaysAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var days = new List<DateOnly>();
        await using var command = new NpgsqlCommand(
            "select relname::text from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname ~ '^prompts_[0-9]{8}$' order by 1", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (DateOnly.TryParseExact(reader.GetString(0).AsSpan(Prefix.Length), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                days.Add(day);
            }
        }

        return days;
    }

    /// <summary>
    /// Writes the day anew without what is erased: an update would leave it in the old versions of its rows, and a vacuum in the gaps of their pages. The old
    /// table's files are emptied with the commit, which is all or nothing.
    /// </summary>
    public static async Task<int> EraseAsync(NpgsqlConnection connection, DateOnly day, PromptErasure erasure, CancellationToken cancel)
    {
        var name = NameOf(day);
        var made = name + "_new";
        var which = Which(erasure);
        try
        {
            if (await CountAsync(connection, $"select count(*) from (select 1 from {name} where {which} limit 1) as any_row", erasure, cancel) == 0)
            {
                return 0;
            }

            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await ExecuteAsync(connection, Patience, null, cancel);
            await ExecuteAsync(connection, $"lock table {name} in access exclusive mode", null, cancel);
            var erased = await CountAsync(connection, $"select count(*) from {name} where {which}", erasure, cancel);
            await ExecuteAsync(connection, $"create table {made} (like {name})", null, cancel);
            await ExecuteAsync(
                connection,
                $"""
                insert into {made} select id, time, key_id, team_id, case when gone then null else "user" end, case when gone then {(int)PromptState.Erased} else state end,
                    case when gone then null else prompt end, case when gone then null else answer end, is_cut
                from (select *, coalesce({which}, false) as gone from {name}) as old
                """,
                erasure,
                cancel);
            await ExecuteAsync(connection, $"drop table {name}; alter table {made} rename to {name}; alter table {name} add primary key (id); {Indexes(name)}", null, cancel);
            await transaction.CommitAsync(cancel);
            return erased;
        }
        catch (PostgresException dropped) when (dropped.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Retention was faster.
            return 0;
        }
    }

    public static async Task DropAsync(NpgsqlConnection connection, IEnumerable<DateOnly> days, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync(connection, $"{Patience}; drop table if exists {string.Join(", ", days.Select(NameOf))}", null, cancel);
        await transaction.CommitAsync(cancel);
    }

    // Partial: an erased record leaves both.
    private static string Indexes(string name) =>
        $"""create index on {name} (key_id, time) where state = 0; create index on {name} ("user", time) where state = 0 and "user" is not null""";

    private static string Which(PromptErasure erasure)
    {
        var which = new StringBuilder($"state = {(int)PromptState.Kept}");
        which.Append(erasure.User is null ? "" : " and \"user\" = @user");
        which.Append(erasure.KeyId is null ? "" : " and key_id = @key");
        which.Append(erasure.Before is null ? "" : " and time < @before");
        return which.ToString();
    }

    private static async Task<int> CountAsync(NpgsqlConnection connection, string sql, PromptErasure erasure, CancellationToken cancel)
    {
        await using var command = Command(connection, sql, erasure);
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, PromptErasure? erasure, CancellationToken cancel)
    {
        await using var command = Command(connection, sql, erasure);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, PromptErasure? erasure)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = RewriteSeconds };
        if (erasure?.User is { } user)
        {
            command.Parameters.AddWithValue("user", SafeText.Of(user));
        }

        if (erasure?.KeyId is { } key)
        {
            command.Parameters.AddWithValue("key", key.Value);
        }

        if (erasure?.Before is { } before)
        {
            command.Parameters.AddWithValue("before", before.ToUnixTimeMilliseconds());
        }

        return command;
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
