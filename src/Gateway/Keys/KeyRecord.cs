using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A key as an admin sees it; the limits are its own, without its team's.</summary>
internal sealed record KeyRecord(
    KeyId Id, string Hint, KeySpec Spec, IReadOnlyList<Limit> Limits, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt)
{
    /// <summary>When it last got a new secret.</summary>
    public DateTimeOffset? RotatedAt { get; init; }
}
