namespace Gateway.Storage;

/// <summary>The part of an hour's usage whose calls named this user.</summary>
internal sealed class UsageUserRow
{
    /// <summary>The bucket's start, Unix milliseconds.</summary>
    public required long Bucket { get; init; }

    public required string KeyId { get; init; }

    public required string TeamId { get; init; }

    public required string Model { get; init; }

    public required string Provider { get; init; }

    public required string EndUser { get; init; }

    public required long Requests { get; init; }

    public required long InputTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CostMicros { get; init; }

    public required long Errors { get; init; }
}
