namespace Gateway.Storage;

/// <summary>One call in the ledger. Times are unix milliseconds, durations milliseconds, outcome and token source their enum's numbers.</summary>
internal sealed class RequestRow
{
    /// <summary>The order of insertion. SQLite's row id: every index ends in it, so (time, seq) pages need no sorting.</summary>
    public required long Seq { get; init; }

    public required string Id { get; init; }

    public required long Time { get; init; }

    public string? KeyId { get; init; }

    public string? TeamId { get; init; }

    public string? User { get; init; }

    public required string Endpoint { get; init; }

    public string? Model { get; init; }

    public string? Provider { get; init; }

    public string? UpstreamModel { get; init; }

    public required int Status { get; init; }

    public required int Outcome { get; init; }

    public required bool Stream { get; init; }

    public required long InputTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long ReasoningTokens { get; init; }

    public required int TokenSource { get; init; }

    public required int Attempts { get; init; }

    public long? TtftMs { get; init; }

    public required long DurationMs { get; init; }

    public string? UpstreamRequestId { get; init; }

    public string? ErrorCode { get; init; }

    /// <summary>The id that the provider gave its answer.</summary>
    public string? AnswerId { get; init; }

    /// <summary>The hour of the call and a hash of the answer's id: what it is found by.</summary>
    public long? AnswerKey { get; init; }

    /// <summary>What became of prompt and answer, as its enum's number.</summary>
    public int Content { get; init; }

    /// <summary>Micro-dollars; null where the model had no price.</summary>
    public long? CostMicros { get; init; }

    public long ReservedTokens { get; init; }

    /// <summary>A JSON object: the limit that refused.</summary>
    public string? DeniedBy { get; init; }

    /// <summary>A JSON array: the attempts at targets, where there were several or the only one failed.</summary>
    public string? AttemptList { get; init; }
}
