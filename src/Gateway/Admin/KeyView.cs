using System.Text.Json.Serialization;
using Gateway.Keys;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>A caller's key as the admin API shows it.</summary>
public sealed record KeyView
{
    /// <summary>The key's id, <c>key_…</c>; not the secret.</summary>
    public required string Id { get; init; }

    /// <summary>The secret, in the answer that made the key and never again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    /// <summary>The secret's last four characters.</summary>
    public required string KeyHint { get; init; }

    /// <summary>The name the admin gave it.</summary>
    public required string Name { get; init; }

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The team it belongs to; null for none.</summary>
    public required string? TeamId { get; init; }

    /// <summary>Models it may use, <c>*</c> standing for anything; null for every model.</summary>
    public required IReadOnlyList<string>? Models { get; init; }

    /// <summary>Its own limits, beside those of its team, and how they stand.</summary>
    public required IReadOnlyList<LimitView> Limits { get; init; }

    /// <summary>From when on it is refused; null for never.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether prompts and answers are kept; null where the team, else the settings, decide.</summary>
    public required bool? LogPrompts { get; init; }

    /// <summary>The admin's own notes.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last call with it arrived; null if none did.</summary>
    public required DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>When it was revoked; null if it wasn't.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    /// <summary>When it last got a new secret; null if it has its first.</summary>
    public required DateTimeOffset? RotatedAt { get; init; }

    internal static KeyView Of(KeyRecord key, IReadOnlyList<LimitView> limits, DateTimeOffset now) => new()
    {
        Id = key.Id.Value,
        KeyHint = key.Hint,
        Name = key.Spec.Name,
        Status = key.RevokedAt is not null ? "revoked" : key.Spec.ExpiresAt <= now ? "expired" : "active",
        TeamId = key.Spec.Team?.Value,
        Models = key.Spec.Models,
        Limits = limits,
        ExpiresAt = key.Spec.ExpiresAt,
        LogPrompts = key.Spec.LogPrompts,
        Metadata = key.Spec.Metadata,
        CreatedAt = key.CreatedAt,
        LastUsedAt = key.LastUsedAt,
        RevokedAt = key.RevokedAt,
        RotatedAt = key.RotatedAt,
    };
}
