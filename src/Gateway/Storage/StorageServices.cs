using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SQLitePCL;

namespace Gateway.Storage;

internal static class StorageServices
{
    /// <summary>The database, and its migration before the port opens: a file below <paramref name="dataDirectory"/>, or PostgreSQL where there is an address of one.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, string dataDirectory, PostgresAddress? postgres = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RequestIds>();
        services.AddSingleton(new DataFolder(Path.GetFullPath(dataDirectory)));
        // Hours and days of usage follow the zone of the settings, where the host has put it in.
        services.TryAddSingleton(_ => new UsageBuckets(TimeZoneInfo.Utc));
        services.AddSingleton<StoreHealth>();
        if (postgres is null)
        {
            services.AddSqlite(new SqliteFile(dataDirectory));
        }
        else
        {
            services.AddPostgres(postgres);
        }

        // Started first and stopped last of all that write through it.
        services.AddSingleton<SpendJournal>();
        services.AddHostedService(provider => provider.GetRequiredService<SpendJournal>());
        return services;
    }

    private static void AddSqlite(this IServiceCollection services, SqliteFile file)
    {
        UseUnsharedConnections();
        services.AddSingleton(file);
        services.AddSingleton(new WriteTurn(isNeeded: true));
        services.AddSingleton(container => new ReservationLog(file.Directory, container.GetRequiredService<TimeProvider>()));
        services.AddSingleton<JournalSession, SqliteSession>();
        services.AddPooledDbContextFactory<GatewayDb>(options => options
            .UseSqlite(file.ConnectionString)
            .AddInterceptors(new ConnectionPragmas())
            .ConfigureWarnings(Quieten));
        services.AddHostedService<SqliteStartup>();
    }

    private static void AddPostgres(this IServiceCollection services, PostgresAddress address)
    {
        services.AddSingleton(address);
        services.AddSingleton(new WriteTurn(isNeeded: false));
        services.AddSingleton<JournalSession, PostgresSession>();
        services.AddPooledDbContextFactory<PostgresDb>(options => options
            // Failures come as they are: the default wraps those of the connection in an exception of another kind.
            .UseNpgsql(address.ConnectionString, npgsql => npgsql.ExecutionStrategy(dependencies => new NonRetryingExecutionStrategy(dependencies)))
            .ConfigureWarnings(Quieten));
        services.AddSingleton<IDbContextFactory<GatewayDb>, PostgresContexts>();
        services.AddHostedService<PostgresStartup>();
    }

    /// <summary>
    /// No connection of ours is used by two threads at once, so SQLite needs no mutex around each of its calls, nor to count its memory under
    /// one that all connections share: a tenth of the journal's work.
    /// Refused where SQLite already runs in this process, which changes nothing but that.
    /// </summary>
    private static void UseUnsharedConnections()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>The key poller asks twice a second: EF Core's line for each command would drown the log. Failures reach it from their callers.</summary>
    private static void Quieten(WarningsConfigurationBuilder warnings) =>
        warnings.Ignore(RelationalEventId.CommandExecuted, RelationalEventId.CommandError, RelationalEventId.ConnectionError, CoreEventId.QueryIterationFailed);
}
