namespace Gateway.Providers;

/// <summary>How long a target may be left alone.</summary>
/// <param name="CoolDown">The longest pause after failures.</param>
/// <param name="RetryAfter">The longest pause that a provider can ask for.</param>
internal sealed record HealthBounds(TimeSpan CoolDown, TimeSpan RetryAfter);
