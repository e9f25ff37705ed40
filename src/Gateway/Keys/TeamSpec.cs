using Gateway.Quotas;

namespace Gateway.Keys;

/// <summary>What an admin decides about a team.</summary>
internal sealed record TeamSpec(string Name, IReadOnlyList<string>? Models, IReadOnlyList<LimitSpec> Limits)
{
    /// <summary>Whether prompts and answers are kept, for keys that don't say; null where the settings do.</summary>
    public bool? LogPrompts { get; init; }
}
