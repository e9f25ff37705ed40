using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A team as an admin sees it.</summary>
internal sealed record TeamRecord(TeamId Id, TeamSpec Spec, IReadOnlyList<Limit> Limits, DateTimeOffset CreatedAt);
