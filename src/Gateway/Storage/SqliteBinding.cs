using System.Runtime.InteropServices;

namespace Gateway.Storage;

/// <summary>
/// The three calls of SQLite that the journal makes two dozen times a row, declared without the safe handle and the switch of GC mode that
/// the driver's own declarations cost: they only store a value, and return within nanoseconds.
/// </summary>
internal static partial class SqliteBinding
{
    /// <summary>SQLite's word for a text that it has to copy before the call returns.</summary>
    public const nint Transient = -1;

    private const string Library = "e_sqlite3";

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    public static partial int Number(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    public static partial int Nothing(nint statement, int index);

    /// <param name="statement">The statement.</param>
    /// <param name="index">The parameter, from 1.</param>
    /// <param name="utf8">The text's first byte.</param>
    /// <param name="length">Its length in bytes; a few hundred at most.</param>
    /// <param name="lifetime"><see cref="Transient"/>.</param>
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    [SuppressGCTransition]
    public static partial int Text(nint statement, int index, in byte utf8, int length, nint lifetime);
}
