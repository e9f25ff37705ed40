using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Storage;
using Gateway.Telemetry;

namespace Gateway.Proxy;

/// <summary>What is known of one call, filled in by the steps as they learn it; in the end it is the ledger's row.</summary>
internal sealed class CallRecord(RequestId id, ApiEndpoint endpoint, TimeProvider time)
{
    private readonly DateTimeOffset _arrived = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    public ApiEndpoint Endpoint { get; } = endpoint;

    public ApiKey? Key { get; set; }

    public RequestEnvelope? Envelope { get; set; }

    public string? Provider { get; set; }

    public string? UpstreamModel { get; set; }

    /// <summary>The model's name for metrics: only names that settings know.</summary>
    public string MetricModel { get; set; } = GatewayMetrics.None;

    public int Status { get; set; }

    public CallOutcome Outcome { get; set; }

    public string? ErrorCode { get; set; }

    public int Attempts { get; set; }

    public string? UpstreamRequestId { get; set; }

    public TokenUsage Usage { get; private set; }

    public TokenSource TokenSource { get; private set; }

    public TimeSpan? TimeToFirstByte { get; private set; }

    public TimeSpan Duration { get; private set; }

    /// <summary>Time spent waiting for the upstream: the rest of the duration is the gateway's own.</summary>
    public TimeSpan UpstreamTime { get; set; }

    public void Refuse(GatewayError error, CallOutcome outcome)
    {
        Status = error.Status;
        ErrorCode = error.Code;
        Outcome = outcome;
    }

    public void Settle(TokenUsage usage, TokenSource source)
    {
        Usage = usage;
        TokenSource = source;
    }

    public void FirstByteAt(long timestamp) => TimeToFirstByte = time.GetElapsedTime(_started, timestamp);

    public void End() => Duration = time.GetElapsedTime(_started);

    public LedgerEntry ToEntry() => new()
    {
        Id = id,
        Time = _arrived,
        KeyId = Key?.Id,
        TeamId = Key?.TeamId,
        User = Envelope?.User,
        Endpoint = Endpoint.Path,
        Model = Envelope?.Model,
        Provider = Provider,
        UpstreamModel = UpstreamModel,
        Status = Status,
        Outcome = Outcome,
        Stream = Envelope?.Stream ?? false,
        InputTokens = Usage.InputTokens,
        OutputTokens = Usage.OutputTokens,
        CachedTokens = Usage.CachedTokens,
        ReasoningTokens = Usage.ReasoningTokens,
        TokenSource = TokenSource,
        Attempts = Attempts,
        TimeToFirstByte = TimeToFirstByte,
        Duration = Duration,
        UpstreamRequestId = UpstreamRequestId,
        ErrorCode = ErrorCode,
    };
}
