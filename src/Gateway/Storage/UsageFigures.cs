namespace Gateway.Storage;

/// <summary>Sums over calls.</summary>
internal record struct UsageFigures(long Requests, long InputTokens, long OutputTokens, long CachedTokens, long CostMicros, long Errors)
{
    public void Add(in CallUse call)
    {
        Requests++;
        InputTokens += call.InputTokens;
        OutputTokens += call.OutputTokens;
        CachedTokens += call.CachedTokens;
        CostMicros += call.CostMicros;
        Errors += call.IsError ? 1 : 0;
    }
}
