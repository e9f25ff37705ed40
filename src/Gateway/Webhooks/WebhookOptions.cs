using System.ComponentModel.DataAnnotations;

namespace Gateway.Webhooks;

/// <summary>Where alerts are sent, and how: <c>Gateway:Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>Receivers: absolute http or https addresses, at most 8; each gets every event. An address may itself be a secret and is never shown. Default: none.</summary>
    [DataType(DataType.Password)]
    public List<string> Urls { get; } = [];

    /// <summary>What events are signed with: <c>whsec_</c> and 24 to 64 random bytes in base64. Needed where there are receivers. Default: none.</summary>
    [DataType(DataType.Password)]
    [RegularExpression("whsec_[A-Za-z0-9+/]{32,88}={0,2}", ErrorMessage = "whsec_ and 24 to 64 random bytes in base64 are accepted, such as openssl rand -base64 32 makes")]
    public string? Secret { get; set; }

    /// <summary>Which events are sent: <c>limit.near</c>, <c>limit.reached</c>, <c>provider.failing</c>, <c>provider.recovered</c>. Default: all of them.</summary>
    public List<string>? Events { get; set; }

    /// <summary>How long a receiver may take to answer, in seconds. Default 10; 1 to 60.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>How often an event is sent to a receiver that does not take it, with growing waits between: 5 s, then three times as long each time, at most an hour. Default 8, within about an hour and a half; 1 to 20.</summary>
    [Range(1, 20)]
    public int Attempts { get; set; } = 8;

    /// <summary>Events that may wait for one receiver; those beyond are dropped and counted. Default 1,000; 10 to 100,000.</summary>
    [Range(10, 100_000)]
    public int QueueEvents { get; set; } = 1000;
}
