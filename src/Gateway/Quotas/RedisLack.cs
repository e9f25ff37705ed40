namespace Gateway.Quotas;

/// <summary>Something that a Redis server does not do as quotas need it.</summary>
/// <param name="Text">A sentence without its first words, for an operator.</param>
/// <param name="IsFatal">Whether limits can't be kept with this server.</param>
internal sealed record RedisLack(string Text, bool IsFatal);
