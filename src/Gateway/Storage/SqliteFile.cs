using Microsoft.Data.Sqlite;

namespace Gateway.Storage;

/// <summary>The database's file, and how every connection to it is set up.</summary>
internal sealed class SqliteFile(string dataDirectory)
{
    /// <summary>
    /// FULL: each commit is synced to the disk. NORMAL would already survive a killed process, since a commit is in the system's cache by then,
    /// but a power cut could bring a revoked key back or lose settled calls. Rows are committed in groups, so the price is one sync a group.
    /// Checkpoints at 16 MiB of log instead of 4 write pages that many rows share less often.
    /// The wait for another writer is SQLite's own: without it the driver polls every 150 ms.
    /// </summary>
    public const string ConnectionPragmas = "pragma busy_timeout = 1000; pragma synchronous = full; pragma wal_autocheckpoint = 4000;";

    /// <summary>How long a command waits for a lock, in seconds. Long against a commit's milliseconds, short for a caller who waits for an answer.</summary>
    private const int LockWaitSeconds = 1;

    public string Directory { get; } = Path.GetFullPath(dataDirectory);

    public string FilePath => Path.Combine(Directory, "gateway.db");

    /// <summary>Never creates the file: one that was moved away is a failure to be told, not an empty database to go on with.</summary>
    public string ConnectionString => new SqliteConnectionStringBuilder
    {
        DataSource = FilePath,
        Mode = SqliteOpenMode.ReadWrite,
        DefaultTimeout = LockWaitSeconds,
    }.ToString();

    /// <summary>A connection outside EF Core's pool, for a writer that keeps it.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(ConnectionString) { Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var pragmas = connection.CreateCommand();
            pragmas.CommandText = ConnectionPragmas;
            pragmas.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
