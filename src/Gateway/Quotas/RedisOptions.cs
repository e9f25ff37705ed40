using System.ComponentModel.DataAnnotations;

namespace Gateway.Quotas;

/// <summary>Where counters that replicas share are kept: <c>Gateway:Redis</c>.</summary>
public sealed class RedisOptions
{
    /// <summary>
    /// How Redis is reached, as StackExchange.Redis writes it: <c>host:6379</c>, several hosts of a cluster, or sentinels with
    /// <c>serviceName=…</c>; <c>password=…</c>, <c>ssl=true</c>. Default none: counters live in this process.
    /// </summary>
    [DataType(DataType.Password)]
    public string? Configuration { get; set; }

    /// <summary>
    /// What becomes of calls under hard limits while Redis is away: <c>deny</c> refuses them with 503, <c>allow</c> lets them pass, and counts
    /// what they spent once it is back. Calls under soft limits alone always pass. Default <c>deny</c>.
    /// </summary>
    [AllowedValues("deny", "allow")]
    public string OnFailure { get; set; } = "deny";
}
