namespace Gateway.Storage;

/// <summary>
/// The SQL of writes is written once for both databases: parameters are <c>?1</c>, <c>?2</c>…, names that are words of the language are
/// quoted (<c>"user"</c>, <c>"window"</c>, <c>"time"</c>), truth is a number, and a row that must stay as it was read until the commit is
/// read <c>for share</c>. What then still differs, differs here.
/// </summary>
internal static class JournalSql
{
    /// <summary>One writer at a time is all the locking there is.</summary>
    public static string ForSqlite(string sql) => sql.Replace(" for share", "", StringComparison.Ordinal);

    public static string ForPostgres(string sql) => sql.Replace('?', '$');
}
