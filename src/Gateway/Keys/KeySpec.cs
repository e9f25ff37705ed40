using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>What an admin decides about a key.</summary>
internal sealed record KeySpec(string Name, IReadOnlyList<string>? Models, DateTimeOffset? ExpiresAt, IReadOnlyDictionary<string, string> Metadata)
{
    public TeamId? Team { get; init; }

    public IReadOnlyList<LimitSpec> Limits { get; init; } = [];

    /// <summary>Whether prompts and answers are kept; null where the team or the settings say.</summary>
    public bool? LogPrompts { get; init; }
}
