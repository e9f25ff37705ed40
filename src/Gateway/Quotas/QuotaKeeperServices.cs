using Microsoft.Extensions.Options;

namespace Gateway.Quotas;

internal static class QuotaKeeperServices
{
    /// <summary>Needs the storage registered before it and the ledger after it: the ledger stops first, then the counters hear the last of it.</summary>
    public static IServiceCollection AddQuotaKeeper(this IServiceCollection services)
    {
        services.AddSingleton(container => new QuotaCalendar(TimeZoneInfo.FindSystemTimeZoneById(container.GetRequiredService<IOptions<QuotaOptions>>().Value.TimeZone)));
        services.AddSingleton<IQuotaStore, EmbeddedQuotaStore>();
        services.AddSingleton<IShardBuilder, ProcessShards>();
        services.AddSingleton<LedgerSnapshots>();
        services.AddSingleton<ShardLoader>();
        services.AddSingleton<ShardDirectory>();
        services.AddSingleton<QuotaKeeper>();
        services.AddHostedService(container => container.GetRequiredService<QuotaKeeper>());
        services.AddHostedService<QuotaTending>();
        return services;
    }
}
