using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage;

/// <summary>A prepared SQLite statement, run again and again without allocating.</summary>
internal sealed class SqliteStatement : JournalStatement
{
    /// <summary>UTF-8 bytes of a UTF-16 character, at most.</summary>
    private const int MaxCharBytes = 3;

    private readonly JournalSession? _session;
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly nint _pointer;

    /// <param name="session">Whose group it is run in; null: nobody's, and nothing of it is run later.</param>
    /// <param name="connection">An open connection.</param>
    /// <param name="sql">The statement.</param>
    public SqliteStatement(JournalSession? session, SqliteConnection connection, string sql)
    {
        _session = session;
        _database = connection.Handle ?? throw new InvalidOperationException("A statement is prepared on an open connection.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        // Valid until Dispose, which nobody calls while its thread is in here.
        _pointer = _statement.DangerousGetHandle();
    }

    public override void Bind(int index, long? value) =>
        Check(value is { } number ? SqliteBinding.Number(_pointer, index, number) : SqliteBinding.Nothing(_pointer, index));

    public override int Run()
    {
        var result = raw.sqlite3_step(_statement);
        // Reset comes first: a statement left half-way would keep the transaction from rolling back.
        raw.sqlite3_reset(_statement);
        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }

        return raw.sqlite3_changes(_database);
    }

    public override long? Find()
    {
        var result = raw.sqlite3_step(_statement);
        long? found = result == raw.SQLITE_ROW ? raw.sqlite3_column_int64(_statement, 0) : null;
        raw.sqlite3_reset(_statement);
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            Check(result);
        }

        return found;
    }

    public override int RunLater() => Session.AddAnswer(Run());

    public override int FindLater() => Session.AddAnswer(Find());

    /// <summary>For text that is UTF-8 already.</summary>
    public void BindWhole(int index, byte[]? utf8) =>
        Check(utf8 is null ? SqliteBinding.Nothing(_pointer, index) : raw.sqlite3_bind_text(_statement, index, utf8.AsSpan()));

    private JournalSession Session => _session ?? throw new InvalidOperationException("A statement of no group is run at once.");

    public override void Dispose() => _statement.Dispose();

    protected override void BindText(int index, string? text)
    {
        if (text is null)
        {
            Check(SqliteBinding.Nothing(_pointer, index));
            return;
        }

        if (text.Length > MaxText)
        {
            Check(raw.sqlite3_bind_text(_statement, index, Encoding.UTF8.GetBytes(text)));
            return;
        }

        // No longer than needed: what is reserved is also cleared.
        Span<byte> bytes = stackalloc byte[Math.Max(text.Length, 1) * MaxCharBytes];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        Check(SqliteBinding.Text(_pointer, index, in MemoryMarshal.GetReference(bytes), length, SqliteBinding.Transient));
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }
}
