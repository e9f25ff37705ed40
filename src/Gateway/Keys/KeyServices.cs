namespace Gateway.Keys;

internal static class KeyServices
{
    /// <summary>Needs the storage registered before it: hosted services start in that order.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyTickets>();
        services.AddSingleton<KeyById>();
        services.AddSingleton<ChangeTransaction>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<TeamStore>();
        services.AddSingleton<KeyTransfer>();
        services.AddSingleton<LimitRanking>();
        services.AddHostedService<KeyChangePoller>();
        return services;
    }
}
