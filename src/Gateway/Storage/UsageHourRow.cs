namespace Gateway.Storage;

/// <summary>Usage of one hour (or quarter of one) by one key, team, model and provider. Written with the rows it sums, by SQL.</summary>
internal sealed class UsageHourRow
{
    /// <summary>The bucket's start, Unix milliseconds.</summary>
    public required long Bucket { get; init; }

    public required string KeyId { get; init; }

    public required string TeamId { get; init; }

    public required string Model { get; init; }

    public required string Provider { get; init; }

    public required long Requests { get; init; }

    public required long InputTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CostMicros { get; init; }

    public required long Errors { get; init; }
}
