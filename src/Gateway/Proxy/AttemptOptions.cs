using System.ComponentModel.DataAnnotations;

namespace Gateway.Proxy;

/// <summary>How a call whose target failed goes on to the next one, before the first byte of an answer: <c>Gateway:Attempts</c>.</summary>
public sealed class AttemptOptions
{
    /// <summary>The most targets that one call is sent to. Default 4; 1 to 10. 1 turns going on off.</summary>
    [Range(1, 10)]
    public int MaxPerCall { get; set; } = 4;

    /// <summary>
    /// How many further attempts there may be at targets that are failing themselves, for each hundred calls, so that an outage does not multiply
    /// the load. Going on to a target that is well is always allowed. Default 20; 0 to 100.
    /// </summary>
    [Range(0, 100)]
    public int RetryPercent { get; set; } = 20;

    /// <summary>The longest time that a target is left alone after failures, in seconds. Default 60; 1 to 3,600. The first pause is a second, each further one twice as long.</summary>
    [Range(1, 3600)]
    public int CoolDownSeconds { get; set; } = 60;

    /// <summary>The longest time for which a provider's <c>retry-after</c> is kept to, in seconds. Default 600; 1 to 86,400.</summary>
    [Range(1, 86_400)]
    public int RetryAfterSeconds { get; set; } = 600;
}
