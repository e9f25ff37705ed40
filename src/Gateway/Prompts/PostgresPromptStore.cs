using Gateway.Storage;
using Npgsql;

namespace Gateway.Prompts;

/// <summary>
/// Prompts in a table for each day, in the gateway's own database: all replicas write to the same ones. Dropping a day is dropping its table, at once and whatever
/// its size. The tables are no part of the migrations, which would have to know the days.
/// </summary>
internal sealed class PostgresPromptStore(PostgresAddress address) : PromptStore
{
    /// <summary>Seconds that writing a group may take: an erasure rewrites the day's table meanwhile, and what waits behind it is bounded.</summary>
    private const int WriteSeconds = 15;

    /// <summary>Days dropped in one transaction: each commit waits for the disk, and each table takes some locks of a bounded number.</summary>
    private const int DaysAtOnce = 8;

    /// <summary>
    /// Transactions that drop at once. A commit empties the files of its tables one by one, some milliseconds each and more the busier the disk: 31 days took
    /// 0.4 to 1 s in one transaction and 0.14 to 0.2 s in four.
    /// </summary>
    private const int DropsAtOnce = 4;

    public override bool IsShared => true;

    public override void Write(DateOnly day, IReadOnlyList<PromptRow> rows)
    {
        using var connection = new NpgsqlConnection(address.ConnectionString);
        connection.Open();
        try
        {
            Insert(connection, day, rows);
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            PromptTable.Make(connection, day);
            Insert(connection, day, rows);
        }
    }

    public override async Task<IReadOnlyDictionary<RequestId, PromptRow>> FindAsync(IReadOnlyCollection<(RequestId Id, DateTimeOffset Time)> calls, CancellationToken cancel)
    {
        var found = new Dictionary<RequestId, PromptRow>();
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancel);
        foreach (var day in calls.GroupBy(call => PromptRow.DayOf(call.Time)))
        {
            try
            {
                await ReadAsync(connection, day.Key, [.. day.Select(call => call.Id.Value)], found, cancel);
            }
            catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
            {
                // No call of that day was kept, or none is any more.
            }
        }

        return found;
    }

    public override async Task<int> EraseAsync(PromptErasure erasure, CancellationToken cancel)
    {
        var erased = 0;
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancel);
        foreach (var day in await PromptTable.DaysAsync(connection, cancel))
        {
            if (erasure.Before is not { } before || day <= PromptRow.DayOf(before))
            {
                erased += await PromptTable.EraseAsync(connection, day, erasure, cancel);
            }
        }

        return erased;
    }

    public override async Task<int> DropBeforeAsync(DateOnly day, CancellationToken cancel)
    {
        var old = await DaysBeforeAsync(day, cancel);
        await Parallel.ForEachAsync(
            old.Chunk(DaysAtOnce),
            new ParallelOptions { MaxDegreeOfParallelism = DropsAtOnce, CancellationToken = cancel },
            async (some, token) => await DropAsync(some, token));
        return old.Count;
    }

    private async Task<IReadOnlyList<DateOnly>> DaysBeforeAsync(DateOnly day, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancel);
        return [.. (await PromptTable.DaysAsync(connection, cancel)).Where(known => known < day)];
    }

    private async Task DropAsync(DateOnly[] days, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancel);
        try
        {
            await PromptTable.DropAsync(connection, days, cancel);
        }
        catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable && days.Length > 1)
        {
            // Somebody reads one of them: the others go all the same.
            foreach (var known in days)
            {
                await PromptTable.DropAsync(connection, [known], cancel);
            }
        }
    }

    private static void Insert(NpgsqlConnection connection, DateOnly day, IReadOnlyList<PromptRow> rows)
    {
        // One statement for the group. What it names must not hold what PostgreSQL's text can't: content is bytes.
        using var command = new NpgsqlCommand(
            $"""
            insert into {PromptTable.NameOf(day)} (id, time, key_id, team_id, "user", state, prompt, answer, is_cut)
            select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bytea[], $8::bytea[], $9::boolean[])
            on conflict (id) do nothing
            """, connection)
        { CommandTimeout = WriteSeconds };
        command.Parameters.Add(new() { Value = rows.Select(row => row.Id.Value).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Time.ToUnixTimeMilliseconds()).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.KeyId?.Value).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.TeamId).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.User is { } user ? SafeText.Of(user) : null).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => (int)row.State).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Prompt).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Answer).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => row.IsCut).ToArray() });
        command.ExecuteNonQuery();
    }

    private static async Task ReadAsync(NpgsqlConnection connection, DateOnly day, string[] ids, Dictionary<RequestId, PromptRow> found, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"""select id, time, key_id, team_id, "user", state, prompt, answer, is_cut from {PromptTable.NameOf(day)} where id = any($1)""", connection);
        command.Parameters.Add(new() { Value = ids });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var row = ToRow(reader);
            found[row.Id] = row;
        }
    }

    private static PromptRow ToRow(NpgsqlDataReader reader) => new()
    {
        Id = new RequestId(reader.GetString(0)),
        Time = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
        KeyId = reader.IsDBNull(2) ? null : new KeyId(reader.GetString(2)),
        TeamId = reader.IsDBNull(3) ? null : reader.GetString(3),
        User = reader.IsDBNull(4) ? null : reader.GetString(4),
        State = (PromptState)reader.GetInt32(5),
        Prompt = reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6),
        Answer = reader.IsDBNull(7) ? null : reader.GetFieldValue<byte[]>(7),
        IsCut = reader.GetBoolean(8),
    };
}
