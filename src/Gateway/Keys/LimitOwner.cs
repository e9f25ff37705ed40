using Gateway.Quotas;

namespace Gateway.Keys;

/// <summary>A key or a team with limits, and where their counters are.</summary>
internal sealed record LimitOwner(string? KeyId, string? TeamId, string Name, string Tag, IReadOnlyList<Limit> Limits);
