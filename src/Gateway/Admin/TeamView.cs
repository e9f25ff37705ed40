using Gateway.Keys;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>A team as the admin API shows it.</summary>
public sealed record TeamView
{
    /// <summary>The team's id, <c>team_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The name the admin gave it.</summary>
    public required string Name { get; init; }

    /// <summary>Models its keys may use at most, <c>*</c> standing for anything; null for every model.</summary>
    public required IReadOnlyList<string>? Models { get; init; }

    /// <summary>Its limits, which all its keys share, and how they stand.</summary>
    public required IReadOnlyList<LimitView> Limits { get; init; }

    /// <summary>Whether prompts and answers are kept, for keys that don't say; null where the settings decide.</summary>
    public required bool? LogPrompts { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal static TeamView Of(TeamRecord team, IReadOnlyList<LimitView> limits) => new()
    {
        Id = team.Id.Value,
        Name = team.Spec.Name,
        Models = team.Spec.Models,
        Limits = limits,
        LogPrompts = team.Spec.LogPrompts,
        CreatedAt = team.CreatedAt,
    };
}
