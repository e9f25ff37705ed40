namespace Gateway.Console.Usage;

/// <summary>What of usage is drawn.</summary>
public enum UsageMeasure
{
    Cost,
    Tokens,
    Requests,
    Errors,
}
