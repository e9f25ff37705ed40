namespace Gateway.Webhooks;

/// <summary>How long is waited before an event is sent again.</summary>
internal static class WebhookPatience
{
    private const double Jitter = 0.2;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <param name="failed">Attempts that failed so far, at least one.</param>
    /// <param name="asked">How long the receiver asks for, if it does.</param>
    /// <param name="chance">From 0 to 1: replicas that told the same event must not come back together.</param>
    public static TimeSpan After(int failed, TimeSpan? asked, double chance)
    {
        var grown = First * Math.Pow(3, Math.Min(failed - 1, 20));
        var own = (grown < Longest ? grown : Longest) * (1 - (Jitter * chance));
        return asked is not { } wish || wish < own ? own : wish < Longest ? wish : Longest;
    }
}
