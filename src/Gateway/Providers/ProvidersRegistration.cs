namespace Gateway.Providers;

/// <summary>The room's services.</summary>
internal static class ProvidersRegistration
{
    /// <summary>Adds <see cref="Routing"/> and <see cref="ModelListing"/>, which fetches names in the background, and <see cref="HealthProbe"/>.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">The validated settings.</param>
    /// <param name="found">What <see cref="ProviderDiscovery"/> found.</param>
    /// <param name="connectTimeout">How long a connection to a provider may take.</param>
    /// <param name="health">How long a target may be left alone.</param>
    /// <param name="createEcho">Makes what answers for the built-in model.</param>
    public static IServiceCollection AddGatewayProviders(
        this IServiceCollection services,
        RoutingOptions options,
        IReadOnlyList<FoundProvider> found,
        TimeSpan connectTimeout,
        HealthBounds health,
        Func<IServiceProvider, HttpMessageHandler> createEcho)
    {
        services.AddSingleton(container => new Routing(
            new CatalogSource
            {
                ConnectTimeout = connectTimeout,
                Echo = createEcho(container),
                Health = health,
                Time = container.GetRequiredService<TimeProvider>(),
            },
            options,
            found));
        services.AddSingleton<ModelListing>();
        services.AddHostedService(container => container.GetRequiredService<ModelListing>());
        services.AddHostedService<HealthProbe>();
        return services;
    }
}
