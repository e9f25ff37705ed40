using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A team as its keys carry it.</summary>
internal sealed record KeyTeam(TeamId Id, string Name, IReadOnlyList<string>? Models, IReadOnlyList<Limit> Limits)
{
    public bool? LogPrompts { get; init; }
}
