namespace Gateway.Console.Words;

/// <summary>The limits that most keys get; the first is what a new key has unless somebody decides otherwise.</summary>
internal static class LimitPresets
{
    public static readonly IReadOnlyList<LimitPreset> All =
    [
        new("100,000 tokens / day", "100,000", "tokens", "day"),
        new("60 requests / minute", "60", "requests", "minute"),
        new("$20 / month", "20", "usd", "month"),
    ];
}
