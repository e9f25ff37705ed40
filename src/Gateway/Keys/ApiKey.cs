using Gateway.OpenAi;
using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>
/// A caller's key as a request needs it: who it is, what it may use and how much. The secret itself is nowhere in it. Resolved when the key is
/// loaded or changed, never per call.
/// </summary>
internal sealed record ApiKey
{
    public ApiKey(KeyId id, string name, IReadOnlyList<string>? models, IReadOnlyList<Limit> ownLimits, KeyTeam? team, DateTimeOffset? expiresAt)
    {
        (Id, Name, Models, OwnLimits, Team, ExpiresAt) = (id, name, models, ownLimits, team, expiresAt);
        Limits = team is null || team.Limits.Count == 0 ? ownLimits : [.. ownLimits, .. team.Limits];
        HasHardLimit = Limits.Any(limit => limit.Mode == LimitMode.Hard);
    }

    public KeyId Id { get; }

    public string Name { get; }

    /// <summary>The key's own list; null for every model. See <see cref="MayUse"/>.</summary>
    public IReadOnlyList<string>? Models { get; }

    public IReadOnlyList<Limit> OwnLimits { get; }

    public KeyTeam? Team { get; }

    public string? TeamId => Team?.Id.Value;

    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>What the key itself says of keeping prompts and answers.</summary>
    public bool? OwnLogPrompts { get; init; }

    /// <summary>What the key says of keeping prompts and answers, else its team; null where the settings decide.</summary>
    public bool? LogPrompts => OwnLogPrompts ?? Team?.LogPrompts;

    /// <summary>The key's limits and its team's.</summary>
    public IReadOnlyList<Limit> Limits { get; }

    /// <summary>Whether any limit, for whatever model, must hold even when the counters are away.</summary>
    public bool HasHardLimit { get; }

    /// <summary>Whether the key's list and its team's, exact names and patterns with <c>*</c>, both hold this name. No list means every model.</summary>
    public bool MayUse(string model) => Holds(Models, model) && Holds(Team?.Models, model);

    /// <summary>The limits that count a call for this model. Allocates only where some apply and some don't.</summary>
    public IReadOnlyList<Limit> LimitsFor(string model)
    {
        var applying = 0;
        for (var i = 0; i < Limits.Count; i++)
        {
            applying += Limits[i].AppliesTo(model) ? 1 : 0;
        }

        return applying == Limits.Count ? Limits : applying == 0 ? [] : Some(model);
    }

    public ApiKey In(KeyTeam? team) => new(Id, Name, Models, OwnLimits, team, ExpiresAt) { OwnLogPrompts = OwnLogPrompts };

    /// <summary>A method of its own: a lambda captures from its method's first line on, and the common ways would pay for it.</summary>
    private IReadOnlyList<Limit> Some(string model) => [.. Limits.Where(limit => limit.AppliesTo(model))];

    private static bool Holds(IReadOnlyList<string>? models, string model)
    {
        for (var i = 0; i < models?.Count; i++)
        {
            if (NamePattern.Matches(models[i], model))
            {
                return true;
            }
        }

        return models is null;
    }
}
