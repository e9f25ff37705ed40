using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.Quotas;

internal static class QuotaKeeperServices
{
    /// <summary>Counters in the Redis of this configuration, or in the process. Needs the storage registered before it and the ledger after it: the ledger stops first, then the counters hear the last of it.</summary>
    public static IServiceCollection AddQuotaKeeper(this IServiceCollection services, string? redis)
    {
        services.AddSingleton(container => new QuotaCalendar(TimeZoneInfo.FindSystemTimeZoneById(container.GetRequiredService<IOptions<QuotaOptions>>().Value.TimeZone)));
        if (redis is null)
        {
            services.AddSingleton<IQuotaStore>(container => new EmbeddedQuotaStore(
                container.GetRequiredService<QuotaCalendar>(), container.GetRequiredService<TimeProvider>(), EmbeddedQuotaStore.OwnRetention));
            services.AddSingleton<IShardBuilder, ProcessShards>();
        }
        else
        {
            services.AddRedis(redis);
        }

        services.AddSingleton<LedgerSnapshots>();
        services.AddSingleton<LedgerSums>();
        services.AddSingleton<QuotaComparison>();
        services.AddSingleton<ShardLoader>();
        services.AddSingleton<ShardDirectory>();
        services.AddSingleton<QuotaKeeper>();
        services.AddHostedService(container => container.GetRequiredService<QuotaKeeper>());
        services.AddHostedService<QuotaTending>();
        services.AddHostedService<LeaseWatch>();
        return services;
    }

    private static void AddRedis(this IServiceCollection services, string configuration)
    {
        // Connects in the background where the server is away: that is no reason not to start.
        services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(RedisSettings.Parse(configuration)));
        services.AddSingleton(_ => QuotaScript.Load());
        services.AddSingleton<RedisBreaker>();
        services.AddSingleton<RedisScriptRunner>();
        services.AddSingleton<IQuotaStore, RedisQuotaStore>();
        services.AddSingleton<IShardBuilder, SharedShards>();
        services.AddSingleton<RedisSelfTest>();
        services.AddSingleton<RedisWatch>();
        services.AddHostedService(container => container.GetRequiredService<RedisWatch>());
    }
}
