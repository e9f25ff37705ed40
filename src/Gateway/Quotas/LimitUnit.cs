namespace Gateway.Quotas;

/// <summary>What a limit counts. Money is counted in micro-dollars.</summary>
internal enum LimitUnit
{
    Tokens,
    InputTokens,
    OutputTokens,
    Requests,
    Usd,
    Concurrent,
}
