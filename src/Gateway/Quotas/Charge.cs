namespace Gateway.Quotas;

/// <summary>What a call may at most use, when reserving, or what it used, when settling.</summary>
internal readonly record struct Charge
{
    public Charge(long inputTokens, long outputTokens, long requests, long microDollars)
    {
        Check(inputTokens, nameof(inputTokens));
        Check(outputTokens, nameof(outputTokens));
        Check(inputTokens + outputTokens, nameof(outputTokens));
        Check(requests, nameof(requests));
        Check(microDollars, nameof(microDollars));
        (InputTokens, OutputTokens, Requests, MicroDollars) = (inputTokens, outputTokens, requests, microDollars);
    }

    public long InputTokens { get; }

    public long OutputTokens { get; }

    public long Requests { get; }

    public long MicroDollars { get; }

    public long Of(LimitUnit unit) => unit switch
    {
        LimitUnit.Tokens => InputTokens + OutputTokens,
        LimitUnit.InputTokens => InputTokens,
        LimitUnit.OutputTokens => OutputTokens,
        LimitUnit.Requests => Requests,
        LimitUnit.Usd => MicroDollars,
        _ => 1,
    };

    private static void Check(long amount, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, Limit.MaxAmount, name);
    }
}
