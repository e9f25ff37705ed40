namespace Gateway.Quotas;

internal static class QuotaServices
{
    /// <summary>What shows limits with their figures. Needs a <see cref="LimitReader"/>.</summary>
    public static IServiceCollection AddLimitFigures(this IServiceCollection services) => services.AddSingleton<LimitFigures>();
}
