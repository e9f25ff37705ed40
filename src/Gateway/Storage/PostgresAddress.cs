using System.Data.Common;
using System.Net;
using Npgsql;

namespace Gateway.Storage;

/// <summary>Where a PostgreSQL database is, and how every connection to it is set up.</summary>
internal sealed class PostgresAddress
{
    /// <summary>Connecting, in seconds, where the operator says nothing: a server that does not answer must not keep callers waiting.</summary>
    private const int ConnectSeconds = 3;

    /// <summary>A command, in seconds, where the operator says nothing. Long against a commit's milliseconds, short for a caller who waits for an answer.</summary>
    private const int CommandSeconds = 5;

    /// <summary>How long a command that took too long may take to be cancelled, in milliseconds, before its connection is given up.</summary>
    private const int CancelMilliseconds = 500;

    /// <summary>Connections of one process, where the operator says nothing: a server allows 100 by default, and replicas share them.</summary>
    private const int Connections = 20;

    /// <summary>Texts of the journal's statements that stay prepared; it has some twenty.</summary>
    private const int Prepared = 64;

    private readonly NpgsqlConnectionStringBuilder _settings;

    private PostgresAddress(NpgsqlConnectionStringBuilder settings) => _settings = settings;

    public string ConnectionString => _settings.ConnectionString;

    /// <summary>A pool of its own for the one connection that the journal keeps.</summary>
    public string JournalConnectionString => new NpgsqlConnectionStringBuilder(ConnectionString)
    {
        MinPoolSize = 0,
        MaxPoolSize = 1,
        MaxAutoPrepare = Prepared,
        AutoPrepareMinUsages = 2,
        Enlist = false,
    }.ConnectionString;

    /// <summary>What may be shown: host and database, no credential.</summary>
    public string Name => $"{_settings.Host}/{_settings.Database ?? _settings.Username}";

    /// <summary>Reads <c>Host=…;Database=…</c> or <c>postgresql://user:password@host:port/database</c>; null where it is neither.</summary>
    public static PostgresAddress? Parse(string text)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(PostgresUri.Is(text) ? PostgresUri.ToConnectionString(text) : text);
            return string.IsNullOrWhiteSpace(settings.Host) || settings.Port > IPEndPoint.MaxPort ? null : new(WithDefaults(settings));
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or DbException or KeyNotFoundException or InvalidCastException)
        {
            // The exception quotes what it could not read, which may be a piece of the password.
            return null;
        }
    }

    private static NpgsqlConnectionStringBuilder WithDefaults(NpgsqlConnectionStringBuilder settings)
    {
        if (!settings.ShouldSerialize("Timeout"))
        {
            settings.Timeout = ConnectSeconds;
        }

        if (!settings.ShouldSerialize("Command Timeout"))
        {
            settings.CommandTimeout = CommandSeconds;
        }

        if (!settings.ShouldSerialize("Cancellation Timeout"))
        {
            settings.CancellationTimeout = CancelMilliseconds;
        }

        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = Connections;
        }

        if (!settings.ShouldSerialize("Application Name"))
        {
            settings.ApplicationName = "gateway";
        }

        if (!settings.ShouldSerialize("Target Session Attributes") && settings.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            // A standby takes no writes.
            settings.TargetSessionAttributes = "primary";
        }

        // Rows' values in messages would end up in the log.
        settings.IncludeErrorDetail = false;
        return settings;
    }
}
