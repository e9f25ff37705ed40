using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>The room's services.</summary>
internal static class ProvidersRegistration
{
    /// <summary>Adds <see cref="ModelCatalog"/> and <see cref="ModelListing"/>, which fetches names in the background.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">The validated settings.</param>
    /// <param name="found">What <see cref="ProviderDiscovery"/> found.</param>
    /// <param name="connectTimeout">How long a connection to a provider may take.</param>
    /// <param name="createEcho">Makes what answers for the built-in model.</param>
    public static IServiceCollection AddGatewayProviders(
        this IServiceCollection services,
        RoutingOptions options,
        IReadOnlyList<FoundProvider> found,
        TimeSpan connectTimeout,
        Func<IServiceProvider, HttpMessageHandler> createEcho)
    {
        services.AddSingleton(container => ModelCatalog.Build(
            options,
            found,
            connectTimeout,
            createEcho(container),
            ShippedPrices.On(DateOnly.FromDateTime(container.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime))));
        services.AddSingleton(container => new ModelListing(
            container.GetRequiredService<ModelCatalog>(), found, container.GetRequiredService<TimeProvider>(), container.GetRequiredService<ILogger<ModelListing>>()));
        services.AddHostedService(container => container.GetRequiredService<ModelListing>());
        return services;
    }
}
