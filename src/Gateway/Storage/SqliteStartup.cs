using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Storage;

/// <summary>
/// Brings the database to this program's schema before anything else starts: the host runs every <c>StartingAsync</c> before the first
/// <c>StartAsync</c>, the port's included. What it can't bring there stops the start.
/// </summary>
internal sealed partial class SqliteStartup(SqliteFile file, IDbContextFactory<GatewayDb> dbs, TimeProvider time, ILogger<SqliteStartup> log) : IHostedLifecycleService
{
    /// <summary>The last of <c>Storage/Migrations</c>.</summary>
    public const string LatestMigration = "20261130210017_RatedCalls";

    /// <summary>Stays with the file. Readers then never wait for the ledger's commits.</summary>
    private const string UseLog = "pragma journal_mode = wal";

    /// <summary>EF Core guards migrations by a row that a killed process leaves behind, and would wait for it for ever.</summary>
    private static readonly TimeSpan MigrationDeadline = TimeSpan.FromSeconds(60);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        DataDirectory.Ensure(file.Directory);
        using var deadline = new CancellationTokenSource(MigrationDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await DataDirectory.OpenOwnerOnly(file.FilePath, FileMode.OpenOrCreate).DisposeAsync();
            if (!IsCurrent())
            {
                await MigrateAsync(either.Token);
            }
        }
        catch (Exception failure) when (failure is DbException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The database '{file.FilePath}' can't be used: {Explain(failure)}", failure);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new StartRefusedException(
                $"The database '{file.FilePath}' is being migrated by another process, or one died at it. If none runs: sqlite3 '{file.FilePath}' 'drop table __EFMigrationsLock'.", null);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether there is nothing to migrate, as at nearly every start. EF Core would take a fifth of a start to say the same.</summary>
    private bool IsCurrent()
    {
        using var connection = file.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select 1 from sqlite_master where name = '__EFMigrationsHistory'";
        if (command.ExecuteScalar() is null)
        {
            return false;
        }

        command.CommandText = """select max("MigrationId") from "__EFMigrationsHistory" """;
        if (!LatestMigration.Equals(command.ExecuteScalar()))
        {
            return false;
        }

        command.CommandText = UseLog;
        command.ExecuteNonQuery();

        // Taking the write lock shows a read-only file now instead of at the first call.
        using var writable = connection.BeginTransaction();
        writable.Rollback();
        return true;
    }

    private async Task MigrateAsync(CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        await db.Database.ExecuteSqlRawAsync(UseLog, cancel);
        var unknown = (await db.Database.GetAppliedMigrationsAsync(cancel)).Except(db.Database.GetMigrations(), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw new StartRefusedException(
                $"The database '{file.FilePath}' was written by a newer version of the gateway (it has '{unknown[^1]}'). Start that version, or restore a backup of before it.", null);
        }

        var pending = (await db.Database.GetPendingMigrationsAsync(cancel)).Count();
        if (pending > 0)
        {
            await db.Database.MigrateAsync(cancel);
            LogMigrated(pending, file.FilePath);
        }

        // Taking the write lock shows a read-only file now instead of at the first call.
        await using var writable = await db.Database.BeginTransactionAsync(cancel);
        await writable.RollbackAsync(cancel);
    }

    private static string Explain(Exception failure) => failure is not SqliteException sqlite ? failure.Message : sqlite.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT => "it is not a sound SQLite file. Restore a backup, or move it away to begin with an empty one.",
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM => "this user may not write it.",
        SQLitePCL.raw.SQLITE_FULL => "the disk is full.",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => "another process holds its lock.",
        _ => sqlite.Message,
    };

    [LoggerMessage(3001, LogLevel.Information, "Applied {Count} migrations to {Path}")]
    private partial void LogMigrated(int count, string path);
}
