using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Ledger;
using Gateway.Prompts;

namespace Gateway.Admin;

/// <summary>A row of the ledger as the admin API shows it.</summary>
public sealed record RequestView
{
    private const decimal MicrosPerDollar = 1_000_000;

    /// <summary>The request's id, which the caller got as <c>x-request-id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>When the call arrived.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The caller's key; null where no valid one was shown.</summary>
    public required string? KeyId { get; init; }

    /// <summary>The key's team.</summary>
    public required string? TeamId { get; init; }

    /// <summary>The body's <c>user</c> field.</summary>
    public required string? User { get; init; }

    /// <summary>The path below <c>/v1</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model's name as the caller gave it.</summary>
    public required string? Model { get; init; }

    /// <summary>The provider that served it.</summary>
    public required string? Provider { get; init; }

    /// <summary>The provider's own name for the model.</summary>
    public required string? UpstreamModel { get; init; }

    /// <summary>The HTTP status the caller got.</summary>
    public required int Status { get; init; }

    /// <summary>How the call ended.</summary>
    public required string Outcome { get; init; }

    /// <summary>Whether the answer was streamed.</summary>
    public required bool Stream { get; init; }

    /// <summary>Tokens of the prompt, cached ones included.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Tokens of the answer, reasoning included.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Input tokens that the provider had cached.</summary>
    public required long CachedTokens { get; init; }

    /// <summary>Output tokens spent on reasoning.</summary>
    public required long ReasoningTokens { get; init; }

    /// <summary>Where the token figures come from.</summary>
    public required string TokenSource { get; init; }

    /// <summary>How many times an upstream was tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>Milliseconds to the answer's first body byte; null where none came.</summary>
    public required long? TtftMs { get; init; }

    /// <summary>Milliseconds the call took.</summary>
    public required long DurationMs { get; init; }

    /// <summary>The provider's own id of the request.</summary>
    public required string? UpstreamRequestId { get; init; }

    /// <summary>The id that the provider gave its answer, such as <c>chatcmpl-…</c>.</summary>
    public required string? CompletionId { get; init; }

    /// <summary>The code of the error, where there was one.</summary>
    public required string? ErrorCode { get; init; }

    /// <summary>Tokens reserved for the call.</summary>
    public required long ReservedTokens { get; init; }

    /// <summary>What it cost, in dollars; null where the model has no price.</summary>
    public required decimal? CostUsd { get; init; }

    /// <summary>The limit that refused it.</summary>
    public required DenyingLimit? DeniedBy { get; init; }

    /// <summary>Every attempt at a provider; only where a single row is shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AttemptEntry>? AttemptList { get; init; }

    /// <summary>The row with its attempts. One that went well is told by the row itself.</summary>
    internal static RequestView Whole(LedgerEntry row) => Of(row) with
    {
        AttemptList = row.AttemptList
            ?? (row is { Attempts: 1, Provider: { } provider, UpstreamModel: { } model } ? [new AttemptEntry(provider, model, row.Status, null, (long)row.Duration.TotalMilliseconds)] : []),
    };

    /// <summary>Of a single row: the request's body, redacted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Prompt { get; init; }

    /// <summary>Of a single row: the answer's text, redacted; more parts than one, such as tool calls, on lines of their own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Answer { get; init; }

    /// <summary>Of a single row: the answer's parts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AnswerPartText>? AnswerParts { get; init; }

    /// <summary>Of a single row: whether prompt or answer was cut.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? ContentTruncated { get; init; }

    /// <summary>Of a single row without prompt and answer: <c>off</c>, <c>redacted</c>, <c>erased</c>, <c>expired</c> or <c>dropped</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentAbsent { get; init; }

    /// <summary>Of a single row: what the caller thought of the answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FeedbackView? Feedback { get; init; }

    internal static RequestView Of(LedgerEntry row) => new()
    {
        Id = row.Id.Value,
        Time = row.Time,
        KeyId = row.KeyId?.Value,
        TeamId = row.TeamId,
        User = row.User,
        Endpoint = row.Endpoint,
        Model = row.Model,
        Provider = row.Provider,
        UpstreamModel = row.UpstreamModel,
        Status = row.Status,
        Outcome = JsonNamingPolicy.SnakeCaseLower.ConvertName(row.Outcome.ToString()),
        Stream = row.Stream,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CachedTokens = row.CachedTokens,
        ReasoningTokens = row.ReasoningTokens,
        TokenSource = JsonNamingPolicy.SnakeCaseLower.ConvertName(row.TokenSource.ToString()),
        Attempts = row.Attempts,
        TtftMs = (long?)row.TimeToFirstByte?.TotalMilliseconds,
        DurationMs = (long)row.Duration.TotalMilliseconds,
        UpstreamRequestId = row.UpstreamRequestId,
        CompletionId = row.AnswerId,
        ErrorCode = row.ErrorCode,
        ReservedTokens = row.ReservedTokens,
        CostUsd = row.CostMicros / MicrosPerDollar,
        DeniedBy = row.DeniedBy,
    };
}
