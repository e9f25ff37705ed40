namespace Gateway.Admin;

/// <summary>What a model costs at its first target, in dollars per million tokens.</summary>
public sealed record PriceView(decimal Input, decimal? CachedInput, decimal Output);
