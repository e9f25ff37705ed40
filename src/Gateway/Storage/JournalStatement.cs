using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage;

/// <summary>A prepared SQLite statement, run again and again without allocating.</summary>
internal sealed class JournalStatement : IDisposable
{
    /// <summary>The longest text of a column that callers fill, in characters: one may send a name as long as a body.</summary>
    public const int MaxText = 256;

    /// <summary>UTF-8 bytes of the longest such text: characters of at most three bytes each.</summary>
    private const int MaxTextBytes = MaxText * 3;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly nint _pointer;

    public JournalStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The journal's connection is open.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        // Valid until Dispose, which nobody calls while the journal's thread is in here.
        _pointer = _statement.DangerousGetHandle();
    }

    public void Bind(int index, long? value) =>
        Check(value is { } number ? SqliteBinding.Number(_pointer, index, number) : SqliteBinding.Nothing(_pointer, index));

    public void Bind(int index, string? text)
    {
        if (text is null)
        {
            Check(SqliteBinding.Nothing(_pointer, index));
            return;
        }

        // Cut here too: a text that does not fit would fail its group again and again.
        Span<byte> bytes = stackalloc byte[MaxTextBytes];
        var length = Encoding.UTF8.GetBytes(text.AsSpan(0, Math.Min(text.Length, MaxText)), bytes);
        Check(SqliteBinding.Text(_pointer, index, in MemoryMarshal.GetReference(bytes), length, SqliteBinding.Transient));
    }

    /// <summary>For text of our own making, whose length is bounded where it is made.</summary>
    public void BindWhole(int index, string? text) =>
        Check(text is null ? raw.sqlite3_bind_null(_statement, index) : raw.sqlite3_bind_text(_statement, index, Encoding.UTF8.GetBytes(text)));

    /// <summary>For text that is UTF-8 already.</summary>
    public void BindWhole(int index, byte[]? utf8) =>
        Check(utf8 is null ? raw.sqlite3_bind_null(_statement, index) : raw.sqlite3_bind_text(_statement, index, utf8.AsSpan()));

    /// <returns>How many rows were written.</returns>
    public int Run()
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

    /// <summary>The first column of the first row that the query finds, which must be a number; null where it finds none.</summary>
    public long? Find()
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

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }
}
