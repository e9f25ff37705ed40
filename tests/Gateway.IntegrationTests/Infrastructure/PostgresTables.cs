using Npgsql;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>What tests do with whole tables of PostgreSQL.</summary>
internal static class PostgresTables
{
    /// <summary>The gateway's tables, quoted.</summary>
    public static IReadOnlyList<string> Of(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("select quote_ident(tablename) from pg_tables where schemaname = 'public' and tablename not like '\\_\\_%' and tablename !~ '^prompts_' order by 1", connection);
        using var rows = command.ExecuteReader();
        var names = new List<string>();
        while (rows.Read())
        {
            names.Add(rows.GetString(0));
        }

        return names;
    }

    public static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Every row of every table as text.</summary>
    public static string Text(NpgsqlConnection connection)
    {
        var text = new System.Text.StringBuilder();
        foreach (var table in Of(connection))
        {
            using var command = new NpgsqlCommand($"select t::text from {table} t", connection);
            using var rows = command.ExecuteReader();
            while (rows.Read())
            {
                text.AppendLine(rows.GetString(0));
            }
        }

        return text.ToString();
    }
}
