using Gateway.Webhooks;

namespace Gateway.Hosting;

/// <summary>The services that tell webhooks what was seen.</summary>
internal static class AlertServices
{
    /// <summary>Stopped in the reverse order: first who tells, then who sends.</summary>
    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<WebhookSender>();
        services.AddHostedService(container => container.GetRequiredService<WebhookSender>());
        services.AddHostedService<LimitAlerts>();
        services.AddSingleton<ProviderAlerts>();
        services.AddHostedService(container => container.GetRequiredService<ProviderAlerts>());
        return services;
    }
}
