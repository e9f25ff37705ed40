namespace Gateway.Proxy;

/// <summary>The answer of <c>tokens/count</c>: the tokens, the encoding they were counted in, and whether every one was counted (a text too large, or a counter too busy, is estimated).</summary>
internal sealed record TokenCountResult(long Tokens, string Encoding, bool Exact);
