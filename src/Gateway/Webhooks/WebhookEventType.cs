namespace Gateway.Webhooks;

/// <summary>What can be told: the closed set of an event's <c>type</c>.</summary>
internal static class WebhookEventType
{
    public const string LimitNear = "limit.near";
    public const string LimitReached = "limit.reached";
    public const string ProviderFailing = "provider.failing";
    public const string ProviderRecovered = "provider.recovered";

    public static readonly IReadOnlyList<string> All = [LimitNear, LimitReached, ProviderFailing, ProviderRecovered];
}
