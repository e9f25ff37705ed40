using System.Data.Common;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Gateway.IntegrationTests.Storage;

/// <summary>The database as another process sees it, over a connection of its own: SQLite's by its path, PostgreSQL's by its connection string.</summary>
internal static class Sql
{
    /// <summary>The first value; whole numbers come as SQLite's do.</summary>
    public static object? Scalar(string database, string sql)
    {
        using var connection = Open(database);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        var value = command.ExecuteScalar();
        return value switch
        {
            int number => (long)number,
            decimal sum => (long)sum,
            _ => value,
        };
    }

    /// <summary>How SQLite would run a query.</summary>
    public static string Plan(string path, string query)
    {
        using var connection = OpenFile(path);
        using var command = connection.CreateCommand();
        command.CommandText = "explain query plan " + query;
        command.Parameters.AddWithValue("@p", 5);
        using var rows = command.ExecuteReader();
        var plan = new System.Text.StringBuilder();
        while (rows.Read())
        {
            plan.AppendLine(rows.GetString(3));
        }

        return plan.ToString();
    }

    public static void Execute(string database, string sql)
    {
        using var connection = Open(database);
        Execute(connection, sql);
    }

    /// <summary>Nobody else can write until the connection is disposed of.</summary>
    public static DbConnection HoldWriteLock(string database)
    {
        var connection = Open(database);
        if (connection is NpgsqlConnection postgres)
        {
            Execute(connection, $"begin; lock table {string.Join(", ", PostgresTables.Of(postgres))} in exclusive mode");
        }
        else
        {
            Execute(connection, "begin exclusive");
        }

        return connection;
    }

    public static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static DbConnection Open(string database)
    {
        if (!database.StartsWith("Host=", StringComparison.Ordinal))
        {
            return OpenFile(database);
        }

        var connection = new NpgsqlConnection(database + ";Pooling=false;Timeout=30");
        connection.Open();
        return connection;
    }

    private static SqliteConnection OpenFile(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }
}
