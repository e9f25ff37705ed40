using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Storage;

internal static class StorageServices
{
    /// <summary>The database below <paramref name="dataDirectory"/>, and its migration before the port opens.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, string dataDirectory)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new SqliteFile(dataDirectory));
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
}
