namespace Gateway.Console.Usage;

/// <summary>What was used in one hour or day by one group.</summary>
/// <param name="Bucket">The begin of the hour or day.</param>
/// <param name="Group">An id or a name; empty for none.</param>
/// <param name="Requests">Calls.</param>
/// <param name="Input">Tokens of prompts, cached ones included.</param>
/// <param name="Cached">Of those, cached.</param>
/// <param name="Output">Tokens of answers.</param>
/// <param name="Micros">Cost in micro-dollars.</param>
/// <param name="Errors">Calls that did not end well.</param>
public sealed record UsageSum(DateTimeOffset Bucket, string Group, long Requests, long Input, long Cached, long Output, long Micros, long Errors)
{
    public decimal Of(UsageMeasure measure) => measure switch
    {
        UsageMeasure.Cost => Micros / 1_000_000m,
        UsageMeasure.Tokens => Input + Output,
        UsageMeasure.Errors => Errors,
        _ => Requests,
    };

    /// <summary>All of some as one, in the first one's bucket and group.</summary>
    public static UsageSum Add(UsageSum first, UsageSum second) => first with
    {
        Requests = first.Requests + second.Requests,
        Input = first.Input + second.Input,
        Cached = first.Cached + second.Cached,
        Output = first.Output + second.Output,
        Micros = first.Micros + second.Micros,
        Errors = first.Errors + second.Errors,
    };

    public static UsageSum Zero(DateTimeOffset bucket, string group) => new(bucket, group, 0, 0, 0, 0, 0, 0);
}
