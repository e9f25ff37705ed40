namespace Gateway.Proxy;

internal static class ProxyServices
{
    public static IServiceCollection AddProxy(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddSingleton<CallerKey>();
        services.AddSingleton<OwnedIdTable>();
        services.AddSingleton<IOwnedIds, OwnedIds>();
        services.AddSingleton<NamedFiles>();
        services.AddSingleton<Admittance>();
        services.AddSingleton<RetryBudget>();
        services.AddSingleton<Upstream>();
        services.AddSingleton<CallFrame>();
        services.AddSingleton<MadeIds>();
        services.AddSingleton<UnseenInput>();
        services.AddSingleton<BackgroundProbe>();
        services.AddSingleton<BackgroundResponses>();
        services.AddHostedService(container => container.GetRequiredService<BackgroundResponses>());
        services.AddSingleton<PromptKeeping>();
        services.AddSingleton<ProxyEndpoint>();
        services.AddSingleton<UploadSpool>();
        services.AddHostedService(provider => provider.GetRequiredService<UploadSpool>());
        services.AddSingleton<UploadEndpoint>();
        services.AddSingleton<ProviderCalls>();
        services.AddSingleton<BatchCharges>();
        services.AddHostedService(provider => provider.GetRequiredService<BatchCharges>());
        services.AddSingleton<StoredEndpoint>();
        services.AddSingleton<StoredListEndpoint>();
        services.AddSingleton<RealtimeEndpoint>();
        services.AddSingleton<ResponsesTurns>();
        services.AddSingleton<ResponsesSocketEndpoint>();
        services.AddSingleton<StoredResponseEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<KeyEndpoint>();
        services.AddSingleton<TokenCountEndpoint>();
        services.AddSingleton<FeedbackEndpoint>();
        services.AddSingleton<UnservedEndpoint>();
        return services;
    }
}
