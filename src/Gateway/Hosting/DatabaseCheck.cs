using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>What can be wrong with the database's settings taken together. Never quotes the connection string, which holds a password.</summary>
internal static class DatabaseCheck
{
    private const string ConnectionString = "Gateway:Database:ConnectionString";

    public static IEnumerable<string> Faults(DatabaseOptions options)
    {
        var isPostgres = options.Provider == "postgres";
        // Empty is what a deployment's template makes of a value that was not given.
        var text = string.IsNullOrWhiteSpace(options.ConnectionString) ? null : options.ConnectionString;
        if (isPostgres && text is null)
        {
            yield return $"{ConnectionString} is missing; with Gateway:Database:Provider = postgres it must be set.";
        }
        else if (!isPostgres && text is not null)
        {
            yield return $"{ConnectionString} is set, but Gateway:Database:Provider is sqlite, a file in the data directory; set it to postgres, or leave the connection string out.";
        }
        else if (text is not null && PostgresAddress.Parse(text) is null)
        {
            yield return $"{ConnectionString} can't be read; accepted is 'Host=…;Port=5432;Database=…;Username=…;Password=…', a value with a ';' in it in quotes, or 'postgresql://user:password@host:5432/database'.";
        }
    }

    /// <summary>The address of settings without fault; null for SQLite.</summary>
    public static PostgresAddress? Address(DatabaseOptions options) => options is { Provider: "postgres", ConnectionString: { } text } ? PostgresAddress.Parse(text) : null;
}
