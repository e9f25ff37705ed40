namespace Gateway.Keys;

/// <summary>What an admin decides about a key.</summary>
internal sealed record KeySpec(string Name, IReadOnlyList<string>? Models, DateTimeOffset? ExpiresAt, IReadOnlyDictionary<string, string> Metadata);
