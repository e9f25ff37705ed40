using Gateway.Storage;
using Npgsql;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A folder that goes with its test, and a database in it, or beside it where the test runs on PostgreSQL.</summary>
internal sealed class TempFolder : IDisposable
{
    /// <summary>Holds the address of the database that the folder stands for; a start on the folder looks there.</summary>
    private const string AddressFile = "postgres";

    private readonly PostgresDatabase? _postgres;

    public TempFolder()
    {
        if (PostgresDatabase.IsWanted)
        {
            _postgres = PostgresDatabase.Create();
            System.IO.File.WriteAllText(File(AddressFile), _postgres.ConnectionString);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-test-").FullName;

    /// <summary>The database's file, or its connection string.</summary>
    public string DatabasePath => _postgres?.ConnectionString ?? File("gateway.db");

    /// <summary>The PostgreSQL database that a folder stands for; null where it holds a file of SQLite.</summary>
    public static PostgresAddress? AddressIn(string path) =>
        System.IO.Path.Combine(path, AddressFile) is var file && System.IO.File.Exists(file) ? PostgresAddress.Parse(System.IO.File.ReadAllText(file)) : null;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What a killed process leaves: the database as it is, no checkpoint, no goodbye.</summary>
    public async Task CopyToAsync(TempFolder target, CancellationToken cancel)
    {
        if (_postgres is not null && target._postgres is not null)
        {
            await using (await Storage.StoreProcess.StartAsync(target.Path, cancel))
            {
                // For its tables.
            }

            _postgres.CopyTo(target._postgres);
            return;
        }

        foreach (var file in Directory.GetFiles(Path))
        {
            System.IO.File.Copy(file, target.File(System.IO.Path.GetFileName(file)));
        }
    }

    /// <summary>The database is not where it was, as when its volume or its server is gone; back on disposal.</summary>
    public IDisposable TakeDatabaseAway() => _postgres?.TakeAway() ?? new AwayFile(DatabasePath);

    /// <summary>Whatever the database holds, as text.</summary>
    public string DatabaseText()
    {
        if (_postgres is null)
        {
            return string.Concat(Directory.GetFiles(Path).Select(ReadShared));
        }

        using var connection = new NpgsqlConnection(_postgres.ConnectionString + ";Pooling=false");
        connection.Open();
        return PostgresTables.Text(connection);
    }

    public void Dispose()
    {
        _postgres?.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private sealed class AwayFile : IDisposable
    {
        private readonly string _path;

        public AwayFile(string path)
        {
            _path = path;
            System.IO.File.Move(path, path + ".away");
            // Open connections would go on with the file that they hold.
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        }

        public void Dispose() => System.IO.File.Move(_path + ".away", _path);
    }
}
