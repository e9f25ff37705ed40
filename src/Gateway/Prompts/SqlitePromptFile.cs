using Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Prompts;

/// <summary>
/// One day's file. In it content that is deleted is overwritten (<c>secure_delete</c>), and a commit is not synced: a power cut may lose the last prompts, which
/// is no more than a full queue does.
/// </summary>
internal sealed class SqlitePromptFile : IDisposable
{
    private const string Pragmas = "pragma busy_timeout = 1000; pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on; pragma wal_autocheckpoint = 4000;";

    // Partial: an erased record leaves both, so erasing goes on where it stopped and never walks what is done.
    private const string Schema =
        """
        create table if not exists prompts (seq integer primary key, id text not null unique, time integer not null, key_id text, team_id text, user text,
            state integer not null, prompt text, answer text, is_cut integer not null);
        create index if not exists prompts_by_key on prompts (key_id, time) where state = 0;
        create index if not exists prompts_by_user on prompts (user, time) where state = 0 and user is not null;
        """;

    private const string Insert =
        """
        insert into prompts (id, time, key_id, team_id, user, state, prompt, answer, is_cut) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (id) do nothing
        """;

    private readonly SqliteStatement _insert;

    private SqlitePromptFile(SqliteConnection connection)
    {
        Connection = connection;
        _insert = new SqliteStatement(null, connection, Insert);
    }

    public SqliteConnection Connection { get; }

    /// <summary>Opens the file; one that is missing is made only where that is asked for.</summary>
    public static SqlitePromptFile Open(string path, bool make)
    {
        if (make)
        {
            DataDirectory.OpenOwnerOnly(path, FileMode.OpenOrCreate).Dispose();
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            Run(connection, Pragmas);
            Run(connection, Schema);
            return new SqlitePromptFile(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Write(IReadOnlyList<PromptRow> rows)
    {
        using var transaction = Connection.BeginTransaction();
        foreach (var row in rows)
        {
            _insert.Bind(1, row.Id.Value);
            _insert.Bind(2, row.Time.ToUnixTimeMilliseconds());
            _insert.Bind(3, row.KeyId?.Value);
            _insert.Bind(4, row.TeamId);
            _insert.Bind(5, row.User);
            _insert.Bind(6, (int)row.State);
            _insert.BindWhole(7, row.Prompt);
            _insert.BindWhole(8, row.Answer);
            _insert.Bind(9, row.IsCut ? 1 : 0);
            _insert.Run();
        }

        transaction.Commit();
    }

    /// <summary>Moves the log of changes into the file and cuts it to nothing, so that no older copy of a page is left in it.</summary>
    /// <returns>False where a reader held it.</returns>
    public bool TryEmptyLog()
    {
        using var command = Connection.CreateCommand();
        command.CommandText = "pragma wal_checkpoint(truncate)";
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) == 0;
    }

    public void Dispose()
    {
        _insert.Dispose();
        Connection.Dispose();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
