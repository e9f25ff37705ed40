namespace Gateway.Admin;

internal static class AdminServices
{
    /// <summary>The admin key is opened by the caller, who also shows it where it is new.</summary>
    public static IServiceCollection AddAdmin(this IServiceCollection services, AdminKey key)
    {
        services.AddSingleton(key);
        services.AddSingleton<AdminLockout>();
        services.AddSingleton<AdminAuth>();
        services.AddSingleton<KeyRoutes>();
        services.AddSingleton<TeamRoutes>();
        services.AddSingleton<LimitRoutes>();
        services.AddSingleton<RoutingRoutes>();
        services.AddSingleton<UsageNames>();
        services.AddSingleton<UsageRoutes>();
        services.AddSingleton<AuditRoutes>();
        services.AddSingleton<TransferRoutes>();
        services.AddSingleton<RequestDetail>();
        return services;
    }
}
