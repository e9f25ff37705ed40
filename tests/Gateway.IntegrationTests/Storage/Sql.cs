using Microsoft.Data.Sqlite;

namespace Gateway.IntegrationTests.Storage;

/// <summary>The database as another process sees it, over a connection of its own.</summary>
internal static class Sql
{
    public static object? Scalar(string path, string sql)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>How SQLite would run a query.</summary>
    public static string Plan(string path, string query)
    {
        using var connection = Open(path);
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

    public static void Execute(string path, string sql)
    {
        using var connection = Open(path);
        Execute(connection, sql);
    }

    /// <summary>Nobody else can write until the connection is disposed of.</summary>
    public static SqliteConnection HoldWriteLock(string path)
    {
        var connection = Open(path);
        Execute(connection, "begin exclusive");
        return connection;
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
