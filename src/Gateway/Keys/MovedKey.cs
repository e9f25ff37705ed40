using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>A key on its way between gateways: as its admin decided it, with its secret's hash.</summary>
internal sealed record MovedKey(KeyId Id, KeyHash Hash, string Hint, KeySpec Spec, DateTimeOffset CreatedAt);
