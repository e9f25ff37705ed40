using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>Which keys to show; null means any.</summary>
internal sealed record KeySearch
{
    /// <summary>Part of the name, the id or the last four characters, whatever the case of ASCII letters.</summary>
    public string? Text { get; init; }

    public TeamId? Team { get; init; }

    /// <summary>True: only keys that were revoked; false: only others.</summary>
    public bool? Revoked { get; init; }
}
