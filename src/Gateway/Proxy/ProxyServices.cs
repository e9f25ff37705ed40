namespace Gateway.Proxy;

internal static class ProxyServices
{
    public static IServiceCollection AddProxy(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddSingleton<CallerKey>();
        services.AddSingleton<Admittance>();
        services.AddSingleton<RetryBudget>();
        services.AddSingleton<Upstream>();
        services.AddSingleton<PromptKeeping>();
        services.AddSingleton<ProxyEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<KeyEndpoint>();
        services.AddSingleton<TokenCountEndpoint>();
        services.AddSingleton<FeedbackEndpoint>();
        services.AddSingleton<UnservedEndpoint>();
        return services;
    }
}
