namespace Gateway.Admin;

/// <summary>Everything under <c>/admin</c>: one group, so that no call in it can be without the admin key.</summary>
internal static class AdminRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/admin");
        // In this order: whoever has no key learns nothing of the database's state.
        admin.AddEndpointFilter<RouteGroupBuilder, AdminAuth>();
        admin.AddEndpointFilter<RouteGroupBuilder, StoreFailures>();
        routes.ServiceProvider.GetRequiredService<KeyRoutes>().Map(admin);
        routes.ServiceProvider.GetRequiredService<TeamRoutes>().Map(admin);
        routes.ServiceProvider.GetRequiredService<LimitRoutes>().Map(admin);
        routes.ServiceProvider.GetRequiredService<RoutingRoutes>().Map(admin);
        routes.ServiceProvider.GetRequiredService<UsageRoutes>().Map(admin);
        routes.ServiceProvider.GetRequiredService<AuditRoutes>().Map(admin);
        routes.ServiceProvider.GetRequiredService<TransferRoutes>().Map(admin);
        RequestRoutes.Map(admin);
        FeedbackRoutes.Map(admin);
    }
}
