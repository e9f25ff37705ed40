using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A team on its way between gateways.</summary>
internal sealed record MovedTeam(TeamId Id, TeamSpec Spec, DateTimeOffset CreatedAt);
