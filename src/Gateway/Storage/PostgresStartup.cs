using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Gateway.Storage;

/// <summary>
/// Brings the database to this program's schema before anything else starts, one process at a time: replicas start together. What it can't
/// bring there stops the start.
/// </summary>
internal sealed partial class PostgresStartup(PostgresAddress address, IDbContextFactory<PostgresDb> dbs, ILogger<PostgresStartup> log) : IHostedLifecycleService
{
    /// <summary>The number of the advisory lock: "gateway" in ASCII. It ends with its session, so a killed process leaves none behind.</summary>
    private const long MigrationLock = 0x67617465776179;

    /// <summary>The oldest that is tested.</summary>
    private const int LeastVersion = 13;

    /// <summary>How long to wait for another process that migrates, and the longest that one step may take.</summary>
    private static readonly TimeSpan MigrationTime = TimeSpan.FromMinutes(10);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MigrateAsync(cancellationToken);
        }
        catch (DbException failure)
        {
            throw new StartRefusedException($"The PostgreSQL database '{address.Name}' can't be used: {Explain(failure)}", failure);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task MigrateAsync(CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        // One connection throughout: it holds the lock.
        await db.Database.OpenConnectionAsync(cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await CheckServerAsync(connection, cancel);
        db.Database.SetCommandTimeout(MigrationTime);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_lock({MigrationLock})", cancel);
        try
        {
            await MigrateAsync(db, cancel);
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await db.Database.ExecuteSqlAsync($"select pg_advisory_unlock({MigrationLock})", CancellationToken.None);
            }
        }
    }

    private async Task MigrateAsync(PostgresDb db, CancellationToken cancel)
    {
        var unknown = (await db.Database.GetAppliedMigrationsAsync(cancel)).Except(db.Database.GetMigrations(), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw new StartRefusedException(
                $"The PostgreSQL database '{address.Name}' was written by a newer version of the gateway (it has '{unknown[^1]}'). Start that version, or restore a backup of before it.", null);
        }

        var pending = (await db.Database.GetPendingMigrationsAsync(cancel)).Count();
        if (pending > 0)
        {
            await db.Database.MigrateAsync(cancel);
            LogMigrated(pending, address.Name);
        }
    }

    /// <summary>What would fail only later, or lose what was committed.</summary>
    private async Task CheckServerAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (connection.PostgreSqlVersion.Major < LeastVersion)
        {
            throw Refused($"its server is version {connection.PostgreSqlVersion}; {LeastVersion} and later are supported.");
        }

        if (await SettingAsync(connection, "server_encoding", cancel) is not "UTF8" and var encoding)
        {
            throw Refused($"it is encoded in {encoding}. Create it with: createdb --encoding=UTF8 --template=template0 NAME.");
        }

        if (await SettingAsync(connection, "transaction_read_only", cancel) == "on")
        {
            throw Refused("it is read-only, as a standby is. Name the primary server.");
        }

        if (await SettingAsync(connection, "fsync", cancel) == "off")
        {
            LogNotDurable(address.Name);
        }
    }

    private static async Task<string?> SettingAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select current_setting($1)", connection) { Parameters = { new() { Value = name } } };
        return (string?)await command.ExecuteScalarAsync(cancel);
    }

    private StartRefusedException Refused(string why) => new($"The PostgreSQL database '{address.Name}' can't be used: {why}", null);

    /// <summary>The server's messages name users and databases, never a password.</summary>
    private static string Explain(DbException failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => "there is no such database on that server. Create it with: createdb --encoding=UTF8 NAME.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"{refused.MessageText}. Check user and password in Gateway:Database:ConnectionString.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => $"{refused.MessageText}. The user must be able to create tables in its schema.",
        PostgresException refused => $"{refused.MessageText} ({refused.SqlState}).",
        _ when failure.InnerException is TimeoutException => "the server did not answer in time.",
        _ when failure.InnerException is { } cause => $"the server can't be reached: {cause.Message.TrimEnd('.')}.",
        _ => failure.Message,
    };

    [LoggerMessage(3002, LogLevel.Information, "Applied {Count} migrations to {Database}")]
    private partial void LogMigrated(int count, string database);

    [LoggerMessage(3003, LogLevel.Warning, "{Database} runs with fsync off: its server may lose what it has committed, and hard limits with it")]
    private partial void LogNotDurable(string database);
}
