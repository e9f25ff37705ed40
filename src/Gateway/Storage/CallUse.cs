namespace Gateway.Storage;

/// <summary>What a call's row adds to the sums of usage.</summary>
internal readonly record struct CallUse
{
    /// <summary>Unix milliseconds.</summary>
    public required long Time { get; init; }

    public required string? KeyId { get; init; }

    public required string? TeamId { get; init; }

    public required string? User { get; init; }

    public required string? Model { get; init; }

    public required string? Provider { get; init; }

    public required long InputTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CostMicros { get; init; }

    public required bool IsError { get; init; }

    /// <summary>Refused for what it asked: the names in it may be anything, so they open no sums of their own.</summary>
    public required bool IsRejected { get; init; }
}
