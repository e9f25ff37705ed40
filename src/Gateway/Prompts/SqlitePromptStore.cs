using System.Globalization;
using System.Text;
using Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Prompts;

/// <summary>Prompts in a file for each day, below <c>prompts</c> in the data directory: dropping a day is deleting its file, at once and whatever its size.</summary>
internal sealed class SqlitePromptStore(SqliteFile database, TimeProvider time) : PromptStore, IDisposable
{
    private const string Extension = ".db";
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>Files that are kept open for writing: today's, and yesterday's for calls that arrived before midnight.</summary>
    private const int MaxOpen = 2;

    /// <summary>Records in one statement of an erasure: the log goes on writing in between.</summary>
    private const int EraseBatch = 200;

    private const string Find = "select id, time, key_id, team_id, user, state, prompt, answer, is_cut from prompts where id = $id";

    private static readonly TimeSpan LogRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<DateOnly, SqlitePromptFile> _open = [];

    private string Folder { get; } = Path.Combine(database.Directory, "prompts");

    public override void Write(DateOnly day, IReadOnlyList<PromptRow> rows)
    {
        _turn.Wait();
        try
        {
            OpenToWrite(day).Write(rows);
        }
        catch
        {
            // A connection that failed once is not trusted again.
            Close(day);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public override Task<IReadOnlyDictionary<RequestId, PromptRow>> FindAsync(IReadOnlyCollection<(RequestId Id, DateTimeOffset Time)> calls, CancellationToken cancel)
    {
        var found = new Dictionary<RequestId, PromptRow>();
        foreach (var day in calls.GroupBy(call => PromptRow.DayOf(call.Time)))
        {
            cancel.ThrowIfCancellationRequested();
            if (TryOpen(PathOf(day.Key)) is { } file)
            {
                using (file)
                {
                    Read(file, day.Select(call => call.Id), found);
                }
            }
        }

        return Task.FromResult<IReadOnlyDictionary<RequestId, PromptRow>>(found);
    }

    public override async Task<int> EraseAsync(PromptErasure erasure, CancellationToken cancel)
    {
        var erased = 0;
        foreach (var day in Days().Where(day => erasure.Before is not { } before || day <= PromptRow.DayOf(before)))
        {
            if (TryOpen(PathOf(day)) is { } file)
            {
                using (file)
                {
                    erased += await EraseAsync(file, erasure, cancel);
                }
            }
        }

        return erased;
    }

    public override async Task<int> DropBeforeAsync(DateOnly day, CancellationToken cancel)
    {
        var old = Days().Where(known => known < day).ToList();
        await _turn.WaitAsync(cancel);
        try
        {
            foreach (var known in old)
            {
                Close(known);
                foreach (var part in (string[])["", "-wal", "-shm"])
                {
                    File.Delete(PathOf(known) + part);
                }
            }
        }
        finally
        {
            _turn.Release();
        }

        return old.Count;
    }

    public void Dispose()
    {
        foreach (var file in _open.Values)
        {
            file.Dispose();
        }

        _turn.Dispose();
    }

    private async Task<int> EraseAsync(SqlitePromptFile file, PromptErasure erasure, CancellationToken cancel)
    {
        using var command = file.Connection.CreateCommand();
        var where = new StringBuilder("state = 0");
        Narrow(command, where, "user = $user", "$user", erasure.User);
        Narrow(command, where, "key_id = $key", "$key", erasure.KeyId?.Value);
        Narrow(command, where, "time < $before", "$before", erasure.Before?.ToUnixTimeMilliseconds());
        command.CommandText = $"update prompts set state = 1, user = null, prompt = null, answer = null where seq in (select seq from prompts where {where} limit {EraseBatch})";

        var erased = 0;
        int batch;
        do
        {
            await _turn.WaitAsync(cancel);
            try
            {
                batch = await command.ExecuteNonQueryAsync(cancel);
                erased += batch;
            }
            finally
            {
                _turn.Release();
            }
        }
        while (batch == EraseBatch);

        // Always: an earlier erasure may have been broken off before this.
        await EmptyLogAsync(file, cancel);
        return erased;
    }

    private async Task EmptyLogAsync(SqlitePromptFile file, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            await _turn.WaitAsync(cancel);
            try
            {
                if (file.TryEmptyLog())
                {
                    return;
                }
            }
            finally
            {
                _turn.Release();
            }

            if (time.GetElapsedTime(begun) > LogPatience)
            {
                throw new SqliteException("A reader kept an erased prompt's page in the log; erase again.", SQLitePCL.raw.SQLITE_BUSY);
            }

            await Task.Delay(LogRetry, time, cancel);
        }
    }

    private static void Narrow(SqliteCommand command, StringBuilder where, string condition, string parameter, object? value)
    {
        if (value is not null)
        {
            where.Append(" and ").Append(condition);
            command.Parameters.AddWithValue(parameter, value);
        }
    }

    private static void Read(SqlitePromptFile file, IEnumerable<RequestId> ids, Dictionary<RequestId, PromptRow> found)
    {
        using var command = file.Connection.CreateCommand();
        command.CommandText = Find;
        var parameter = command.Parameters.Add("$id", SqliteType.Text);
        foreach (var id in ids)
        {
            parameter.Value = id.Value;
            using var reader = command.ExecuteReader();
            if (reader.Read())
            {
                found[id] = ToRow(reader);
            }
        }
    }

    private static PromptRow ToRow(SqliteDataReader reader) => new()
    {
        Id = new RequestId(reader.GetString(0)),
        Time = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
        KeyId = reader.IsDBNull(2) ? null : new KeyId(reader.GetString(2)),
        TeamId = reader.IsDBNull(3) ? null : reader.GetString(3),
        User = reader.IsDBNull(4) ? null : reader.GetString(4),
        State = (PromptState)reader.GetInt32(5),
        Prompt = reader.IsDBNull(6) ? null : Encoding.UTF8.GetBytes(reader.GetString(6)),
        Answer = reader.IsDBNull(7) ? null : Encoding.UTF8.GetBytes(reader.GetString(7)),
        IsCut = reader.GetInt32(8) != 0,
    };

    private SqlitePromptFile OpenToWrite(DateOnly day)
    {
        // A file that was moved away or deleted under an open connection would swallow what is written.
        if (_open.TryGetValue(day, out var open) && File.Exists(PathOf(day)))
        {
            return open;
        }

        Close(day);
        if (_open.Count == MaxOpen)
        {
            Close(_open.Keys.Min());
        }

        DataDirectory.Ensure(Folder);
        return _open[day] = SqlitePromptFile.Open(PathOf(day), make: true);
    }

    private void Close(DateOnly day)
    {
        if (_open.Remove(day, out var file))
        {
            file.Dispose();
        }
    }

    /// <returns>Null where the day has no file, or has none any more.</returns>
    private static SqlitePromptFile? TryOpen(string path)
    {
        try
        {
            return File.Exists(path) ? SqlitePromptFile.Open(path, make: false) : null;
        }
        catch (SqliteException) when (!File.Exists(path))
        {
            return null;
        }
    }

    private List<DateOnly> Days()
    {
        if (!Directory.Exists(Folder))
        {
            return [];
        }

        return Directory.EnumerateFiles(Folder, "*" + Extension)
            .Select(path => DateOnly.TryParseExact(Path.GetFileNameWithoutExtension(path), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : (DateOnly?)null)
            .OfType<DateOnly>()
            .Order()
            .ToList();
    }

    private string PathOf(DateOnly day) => Path.Combine(Folder, day.ToString(DayFormat, CultureInfo.InvariantCulture) + Extension);
}
