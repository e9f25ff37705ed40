namespace Gateway.Storage;

/// <summary>What a caller thought of an answer: one for each call, the last one given. Times are unix milliseconds.</summary>
internal sealed class FeedbackRow
{
    public required string RequestId { get; init; }

    /// <summary>When it was given.</summary>
    public required long Time { get; set; }

    /// <summary>When the call arrived.</summary>
    public required long RequestTime { get; init; }

    public required string KeyId { get; init; }

    public string? TeamId { get; init; }

    public string? User { get; init; }

    public string? Model { get; init; }

    public string? AnswerId { get; init; }

    /// <summary>1 for up, -1 for down.</summary>
    public required int Rating { get; set; }

    /// <summary>Redacted like prompts; null where there is none, or it was erased.</summary>
    public string? Comment { get; set; }
}
