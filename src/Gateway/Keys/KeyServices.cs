namespace Gateway.Keys;

internal static class KeyServices
{
    /// <summary>Needs the storage registered before it: hosted services start in that order.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyStore>();
        services.AddHostedService<KeyChangePoller>();
        return services;
    }
}
