namespace Gateway.Telemetry;

/// <summary>What became of an attempt to tell an event: the closed set of the label <c>result</c>.</summary>
internal static class WebhookResult
{
    public const string Sent = "sent";

    /// <summary>It was not taken, and will be sent again.</summary>
    public const string Retried = "retried";

    /// <summary>Nobody will hear of it: no room, or no attempt left.</summary>
    public const string Dropped = "dropped";

    public static readonly IReadOnlyList<string> All = [Sent, Retried, Dropped];
}
