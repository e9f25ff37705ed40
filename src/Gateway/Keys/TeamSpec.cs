using Gateway.Quotas;

namespace Gateway.Keys;

/// <summary>What an admin decides about a team.</summary>
internal sealed record TeamSpec(string Name, IReadOnlyList<string>? Models, IReadOnlyList<LimitSpec> Limits);
