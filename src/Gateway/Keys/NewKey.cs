namespace Gateway.Keys;

/// <summary>A key just made: the only moment at which its secret is known.</summary>
internal sealed record NewKey(KeyRecord Key, string Secret);
