using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A key as an admin sees it.</summary>
internal sealed record KeyRecord(KeyId Id, string Hint, KeySpec Spec, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);
