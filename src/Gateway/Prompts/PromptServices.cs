using Gateway.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Prompts;

internal static class PromptServices
{
    /// <summary>Needs storage and telemetry.</summary>
    /// <param name="services">The container.</param>
    /// <param name="credentials">Tells the gateway's own and its providers' at this moment, the same list while they stay: never kept, in whatever form they come.</param>
    public static IServiceCollection AddPromptLog(this IServiceCollection services, Func<IServiceProvider, Func<IReadOnlyList<string>>> credentials)
    {
        services.AddSingleton(container => new Redactor(container.GetRequiredService<IOptions<PromptLogOptions>>().Value, credentials(container)));
        services.AddSingleton<PromptStore>(container => container.GetService<PostgresAddress>() is { } address
            ? new PostgresPromptStore(address)
            : ActivatorUtilities.CreateInstance<SqlitePromptStore>(container));
        services.AddSingleton<PromptEvents>();
        services.AddSingleton<PromptLog>();
        services.AddHostedService(container => container.GetRequiredService<PromptLog>());
        services.AddSingleton<PromptRetention>();
        services.AddHostedService(container => container.GetRequiredService<PromptRetention>());
        services.AddSingleton<PromptReader>();
        return services;
    }
}
