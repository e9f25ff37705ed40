using Npgsql;

namespace Gateway.Storage;

/// <summary>The form of address that other programs take as DATABASE_URL.</summary>
internal static class PostgresUri
{
    public static bool Is(string text) =>
        text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="FormatException">It is not such an address.</exception>
    public static string ToConnectionString(string text)
    {
        var uri = new Uri(text);
        var settings = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0)
        {
            settings.Port = uri.Port;
        }

        if (uri.AbsolutePath.Length > 1)
        {
            settings.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        }

        var credential = uri.UserInfo.Split(':', 2);
        if (credential[0].Length > 0)
        {
            settings.Username = Uri.UnescapeDataString(credential[0]);
        }

        if (credential.Length > 1)
        {
            settings.Password = Uri.UnescapeDataString(credential[1]);
        }

        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = parameter.Split('=', 2);
            // libpq's names; the rest are Npgsql's own.
            var name = Uri.UnescapeDataString(pair[0]) switch
            {
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "application_name" => "Application Name",
                "connect_timeout" => "Timeout",
                var other => other,
            };
            var value = Uri.UnescapeDataString(pair.Length > 1 ? pair[1] : "");
            settings[name] = value switch
            {
                "verify-full" => "VerifyFull",
                "verify-ca" => "VerifyCA",
                _ => value,
            };
        }

        return settings.ConnectionString;
    }
}
