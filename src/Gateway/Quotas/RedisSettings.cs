using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>How the gateway talks to the Redis that holds its counters.</summary>
internal static class RedisSettings
{
    /// <summary>Longest wait for one answer. A call is tried twice at most, so callers learn within two seconds that Redis is away.</summary>
    public const int AnswerTimeoutMilliseconds = 750;

    /// <summary>
    /// What the operator configured (hosts, password, TLS, Sentinel's service name), with what the quota protocol needs on top:
    /// a start without Redis is no failure, and a call made while there is no connection fails at once instead of queueing.
    /// </summary>
    public static ConfigurationOptions Parse(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = AnswerTimeoutMilliseconds;
        options.SyncTimeout = AnswerTimeoutMilliseconds;
        options.ConnectTimeout = 2000;
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        options.ClientName ??= "gateway";
        return options;
    }
}
