using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SQLitePCL;

namespace Gateway.Storage;

internal static class StorageServices
{
    /// <summary>The database below <paramref name="dataDirectory"/>, and its migration before the port opens.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, string dataDirectory)
    {
        UseUnsharedConnections();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new SqliteFile(dataDirectory));
        services.AddSingleton<RequestIds>();
        // Hours and days of usage follow the zone of the settings, where the host has put it in.
        services.TryAddSingleton(_ => new UsageBuckets(TimeZoneInfo.Utc));
        services.AddSingleton<StoreHealth>();
        services.AddSingleton<WriteTurn>();
        services.AddPooledDbContextFactory<GatewayDb>((provider, options) => options
            .UseSqlite(provider.GetRequiredService<SqliteFile>().ConnectionString)
            .AddInterceptors(new ConnectionPragmas())
            // The key poller asks twice a second: EF Core's line for each command would drown the log. Failures reach it from their callers.
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.CommandExecuted, RelationalEventId.CommandError, CoreEventId.QueryIterationFailed)));
        services.AddHostedService<DatabaseStartup>();
        // Started first and stopped last of all that write through it.
        services.AddSingleton<SpendJournal>();
        services.AddHostedService(provider => provider.GetRequiredService<SpendJournal>());
        return services;
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
}
