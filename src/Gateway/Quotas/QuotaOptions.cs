using System.ComponentModel.DataAnnotations;

namespace Gateway.Quotas;

/// <summary>How limits are counted and kept: the settings below <c>Gateway</c> that concern them.</summary>
public sealed class QuotaOptions
{
    /// <summary>
    /// How long, in seconds, what a call has reserved outlives a gateway that died, before it is settled as spent. Renewed while the call runs. Default 60; 5 to 3,600.
    /// </summary>
    [Range(5, 3600)]
    public int LeaseSeconds { get; set; } = 60;

    /// <summary>The time zone in which days and months of limits begin and end, by its IANA name. Default <c>UTC</c>.</summary>
    [MinLength(1)]
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Where counters that replicas share are kept. Default: see there.</summary>
    public RedisOptions Redis { get; } = new();

    /// <summary>The order of writes. Default: see there.</summary>
    public QuotaWriteOptions Quotas { get; } = new();
}
