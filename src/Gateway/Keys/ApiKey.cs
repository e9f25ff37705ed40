using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A caller's key as a request needs it: who it is and what it may use. The secret itself is nowhere in it.</summary>
internal sealed record ApiKey(KeyId Id, string Name, string? TeamId, IReadOnlyList<string>? Models, DateTimeOffset? ExpiresAt)
{
    /// <summary>Whether the key's model list, exact names and patterns with <c>*</c>, holds this name. No list means every model.</summary>
    public bool MayUse(string model) => Models is null || Models.Any(pattern => NamePattern.Matches(pattern, model));
}
