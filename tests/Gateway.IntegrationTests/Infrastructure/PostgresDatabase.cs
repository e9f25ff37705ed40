using System.Collections.Concurrent;
using Gateway.Storage;
using Npgsql;
using Xunit;
using Xunit.v3;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A database of a test's own on the run's PostgreSQL server.</summary>
internal sealed class PostgresDatabase : IDisposable
{
    /// <summary>Databases of the run's server that a test has left: to make and to drop one costs a checkpoint of the whole server.</summary>
    private static readonly ConcurrentBag<PostgresDatabase> Left = [];

    private readonly PostgresServer _server;

    private PostgresDatabase(PostgresServer server, string name)
    {
        _server = server;
        Name = name;
        ConnectionString = server.ConnectionString(name);
    }

    /// <summary>Whether the running test is one that wants PostgreSQL.</summary>
    public static bool IsWanted =>
        TestContext.Current.TestClass is IXunitTestClass { Class: var type } && type.IsDefined(typeof(OnPostgresAttribute), inherit: false);

    public string Name { get; }

    public string ConnectionString { get; }

    /// <summary>The settings by which a gateway uses it.</summary>
    public string[] Settings => ["--Gateway:Database:Provider=postgres", $"--Gateway:Database:ConnectionString={ConnectionString}"];

    /// <summary>An empty one.</summary>
    public static PostgresDatabase Create() => Left.TryTake(out var left) ? left : Create(PostgresServer.OfTheRun);

    public static PostgresDatabase Create(PostgresServer server)
    {
        var database = new PostgresDatabase(server, "test_" + Guid.NewGuid().ToString("N"));
        server.Execute($"create database {database.Name}");
        return database;
    }

    /// <summary>Nobody can connect any more, and who was connected is not, as when the server is gone; back on disposal.</summary>
    public IDisposable TakeAway()
    {
        _server.Execute($"alter database {Name} allow_connections false");
        Disconnect();
        return new Back(() => _server.Execute($"alter database {Name} allow_connections true"));
    }

    /// <summary>All that is committed, as a process that died here would leave it.</summary>
    public void CopyTo(PostgresDatabase target)
    {
        using var from = Open(ConnectionString);
        using var to = Open(target.ConnectionString);
        using var snapshot = from.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        foreach (var table in PostgresTables.Of(from))
        {
            PostgresTables.Execute(to, $"truncate {table}");
            using var source = from.BeginRawBinaryCopy($"copy {table} to stdout (format binary)");
            using var sink = to.BeginRawBinaryCopy($"copy {table} from stdin (format binary)");
            source.CopyTo(sink);
        }

        PostgresTables.Execute(to, "select setval(pg_get_serial_sequence('requests', 'seq'), coalesce(max(seq), 1)) from requests");
    }

    public void Dispose()
    {
        if (!PostgresServer.WasUsed || _server != PostgresServer.OfTheRun)
        {
            return;
        }

        // The pool of those who used it: the next one shall not be given a dead connection.
        using (var pooled = new NpgsqlConnection(PostgresAddress.Parse(ConnectionString)?.ConnectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        Disconnect();
        using (var empty = Open(ConnectionString))
        {
            PostgresTables.Execute(empty, "set client_min_messages = error; drop schema public cascade; create schema public");
        }

        Left.Add(this);
    }

    private void Disconnect() => _server.Execute($"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{Name}'");

    private static NpgsqlConnection Open(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        return connection;
    }

    private sealed class Back(Action bring) : IDisposable
    {
        public void Dispose() => bring();
    }
}
