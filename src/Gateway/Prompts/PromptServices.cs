using Microsoft.Extensions.Options;

namespace Gateway.Prompts;

internal static class PromptServices
{
    /// <summary>Needs storage and telemetry.</summary>
    /// <param name="services">The container.</param>
    /// <param name="credentials">The gateway's own and its providers': never kept, in whatever form they come.</param>
    public static IServiceCollection AddPromptLog(this IServiceCollection services, IEnumerable<string> credentials)
    {
        services.AddSingleton(container => new Redactor(container.GetRequiredService<IOptions<PromptLogOptions>>().Value, credentials));
        services.AddSingleton<PromptStore, SqlitePromptStore>();
        services.AddSingleton<PromptEvents>();
        services.AddSingleton<PromptLog>();
        services.AddHostedService(container => container.GetRequiredService<PromptLog>());
        services.AddSingleton<PromptRetention>();
        services.AddHostedService(container => container.GetRequiredService<PromptRetention>());
        services.AddSingleton<PromptReader>();
        return services;
    }
}
