using Gateway.Storage;

namespace Gateway.Ledger;

/// <summary>One finished call, refused ones too: a row of the ledger.</summary>
internal sealed record LedgerEntry
{
    public required RequestId Id { get; init; }

    /// <summary>When the call arrived.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Null where the caller showed no valid key.</summary>
    public KeyId? KeyId { get; init; }

    public string? TeamId { get; init; }

    /// <summary>The body's <c>user</c> field.</summary>
    public string? User { get; init; }

    /// <summary>The path below <c>/v1</c>, such as <c>chat/completions</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model's name as the caller gave it.</summary>
    public string? Model { get; init; }

    public string? Provider { get; init; }

    /// <summary>The provider's own name for the model.</summary>
    public string? UpstreamModel { get; init; }

    /// <summary>The HTTP status the caller got; 499 where the caller left before there was one.</summary>
    public required int Status { get; init; }

    public required CallOutcome Outcome { get; init; }

    public bool Stream { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    /// <summary>Part of the input tokens.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Part of the output tokens.</summary>
    public long ReasoningTokens { get; init; }

    public TokenSource TokenSource { get; init; }

    /// <summary>How many times an upstream was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>The attempts one by one, where the row alone does not tell: several, or one that failed.</summary>
    public IReadOnlyList<AttemptEntry>? AttemptList { get; init; }

    /// <summary>From the request's arrival to the answer's first body byte from upstream.</summary>
    public TimeSpan? TimeToFirstByte { get; init; }

    public required TimeSpan Duration { get; init; }

    public string? UpstreamRequestId { get; init; }

    /// <summary>The id that the provider gave its answer, such as <c>chatcmpl-…</c>.</summary>
    public string? AnswerId { get; init; }

    /// <summary>What became of its prompt and answer.</summary>
    public LoggedContent Content { get; init; }

    /// <summary>The code of the error that the gateway answered with or logged.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What the call cost by the price at its time, in micro-dollars; null where the model had no price.</summary>
    public long? CostMicros { get; init; }

    /// <summary>Tokens that were reserved for it; 0 where no limit asked for a reservation.</summary>
    public long ReservedTokens { get; init; }

    /// <summary>The limit that refused the call.</summary>
    public DenyingLimit? DeniedBy { get; init; }
}
