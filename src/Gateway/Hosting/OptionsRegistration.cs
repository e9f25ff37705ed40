using Gateway.Console;
using Gateway.Ledger;
using Gateway.Prompts;
using Gateway.Providers;
using Gateway.Proxy;
using Gateway.Quotas;
using Gateway.Telemetry;
using Gateway.Webhooks;
using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>Hands each room its own settings, as <see cref="IOptions{TOptions}"/> and as they are.</summary>
internal static class OptionsRegistration
{
    /// <summary>Binds the settings, which <see cref="SettingsCheck"/> has found to be without fault.</summary>
    public static IServiceCollection AddGatewayOptions(this IServiceCollection services, IConfiguration configuration)
    {
        IConfigurationSection gateway = SettingsCheck.Bindable(configuration, []).GetSection(SettingsCheck.Section);
        return services
            .Add<GatewayOptions>(gateway)
            .Add<RoutingOptions>(gateway)
            .Add<ProxyOptions>(gateway)
            .Add<QuotaOptions>(gateway)
            .Add<AttemptOptions>(gateway.GetSection("Attempts"))
            .Add<UploadOptions>(gateway.GetSection("Uploads"))
            .Add<TimeoutOptions>(gateway.GetSection("Timeouts"))
            .Add<LedgerOptions>(gateway.GetSection("Ledger"))
            .Add<PromptLogOptions>(gateway.GetSection("PromptLog"))
            .Add<MetricsOptions>(gateway.GetSection("Metrics"))
            .Add<WebhookOptions>(gateway.GetSection("Webhooks"))
            .Add<ConsoleOptions>(gateway.GetSection("Console"));
    }

    private static IServiceCollection Add<T>(this IServiceCollection services, IConfigurationSection section)
        where T : class
    {
        services.Configure<T>(section);
        return services.AddSingleton(container => container.GetRequiredService<IOptions<T>>().Value);
    }
}
