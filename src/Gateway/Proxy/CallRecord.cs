using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Prompts;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Telemetry;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>What is known of one call, filled in by the steps as they learn it; in the end it is the ledger's row.</summary>
internal sealed class CallRecord(RequestId id, ApiEndpoint endpoint, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    public RequestId Id => id;

    public DateTimeOffset Arrived { get; } = time.GetUtcNow();

    public ApiEndpoint Endpoint { get; } = endpoint;

    public ApiKey? Key { get; set; }

    public RequestEnvelope? Envelope { get; set; }

    /// <summary>The path below the provider's base address, where it is not the endpoint's own: it names an id.</summary>
    public string? UpstreamPath { get; init; }

    /// <summary>Whether a good answer is small JSON that has to be looked into before the caller gets it.</summary>
    public bool KeepsAnswer { get; init; }

    /// <summary>Whether somebody else than the frame of its steps has written its row, or will.</summary>
    public bool IsHandedOn { get; set; }

    /// <summary>How many pictures it makes.</summary>
    public int Images => Endpoint.MakesImages ? Envelope?.Choices ?? 0 : 0;

    /// <summary>How long its audio is, as the provider told, else as it was estimated.</summary>
    public TimeSpan Audio { get; set; }

    /// <summary>The characters of the text that it reads aloud.</summary>
    public long Characters { get; set; }

    /// <summary>The tokens of the responses that it goes on from, where they are known: the provider reads them again.</summary>
    public long EarlierTokens { get; set; }

    /// <summary>The most that its prompt can have, where the provider adds to it what nobody here has seen.</summary>
    public long? InputCeiling { get; set; }

    /// <summary>Told the id that the provider gives the answer; the caller gets to know it when the task has ended.</summary>
    public Func<string, Task>? IdSink { get; set; }

    public string? Provider { get; set; }

    public string? UpstreamModel { get; set; }

    /// <summary>The model's name for metrics: only names that settings know.</summary>
    public string MetricModel { get; set; } = GatewayMetrics.None;

    public int Status { get; set; }

    public CallOutcome Outcome { get; set; }

    public string? ErrorCode { get; set; }

    public int Attempts { get; set; }

    /// <summary>The attempts, where the row alone does not tell: several, or one that failed.</summary>
    public List<AttemptEntry>? AttemptList { get; private set; }

    public string? UpstreamRequestId { get; set; }

    /// <summary>The id that the provider gave its answer.</summary>
    public string? AnswerId { get; set; }

    /// <summary>What prompt and answer are gathered in; null where they are not kept.</summary>
    public PromptCapture? Capture { get; set; }

    /// <summary>What became of them.</summary>
    public LoggedContent Content { get; set; }

    public TokenUsage Usage { get; private set; }

    public TokenSource TokenSource { get; private set; }

    /// <summary>What the call's limits let it in with; null where none counts it.</summary>
    public Admission? Admission { get; set; }

    /// <summary>What ends the reservation, committed with the row.</summary>
    public Settlement? Settlement { get; private set; }

    /// <summary>How the limits stood when they were asked.</summary>
    public IReadOnlyList<LimitFigure> Figures { get; set; } = [];

    public Limit? DeniedBy { get; set; }

    /// <summary>In micro-dollars; null where the model has no price.</summary>
    public long? CostMicros { get; private set; }

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

    /// <summary>It was answered, or may have been: these tokens are spent.</summary>
    public void Settle(TokenUsage usage, TokenSource source, Price? price)
    {
        Usage = usage;
        TokenSource = source;
        CostMicros = price is null ? null : PriceTable.Cost(price, new BilledUse(usage.InputTokens, usage.CachedTokens, usage.CacheWriteTokens, usage.OutputTokens)
        {
            Images = Images,
            Audio = Audio,
            Characters = Characters,
        });

        // A provider may report more than counters hold.
        var input = Math.Min(usage.InputTokens, Limit.MaxAmount);
        Settlement = Admission?.Settle(new Charge(input, Math.Min(usage.OutputTokens, Limit.MaxAmount - input), 1, CostMicros ?? 0));
    }

    /// <summary>The upstream refused it, or it costs nothing: one request, and nothing else.</summary>
    public void SettleRequest() => Settlement = Admission?.Settle(new Charge(0, 0, 1, 0));

    /// <summary>It never reached an upstream, or must not count.</summary>
    public void Release() => Settlement = Admission?.Release();

    /// <summary>Nobody knows what became of it: it is charged as reserved, for what was forgotten is never given back.</summary>
    public void SettleUnknown()
    {
        if (Settlement is null && Admission is { } held)
        {
            Settlement = held.Settle(held.Ask.Estimate);
        }
    }

    /// <summary>A target is tried.</summary>
    public void Attempting(ModelTarget target)
    {
        Attempts++;
        Provider = target.Provider.Name;
        UpstreamModel = target.NamedModel;
    }

    /// <summary>It was.</summary>
    public void Attempted(ModelTarget target, UpstreamAnswer answer)
    {
        var failed = answer.Outcome != CallOutcome.Completed;
        if (failed || AttemptList is not null)
        {
            AttemptList ??= [];
            AttemptList.Add(new AttemptEntry(
                target.Provider.Name, target.UpstreamModel, answer.Status, failed ? answer.Error?.Code ?? (answer.ErrorBody is null ? null : "upstream_error") : null, (long)answer.UpstreamTime.TotalMilliseconds));
        }
    }

    public void FirstByteAt(long timestamp) => TimeToFirstByte = time.GetElapsedTime(_started, timestamp);

    /// <summary>The caller has what they get. The first time counts: what is found out later takes no caller's time.</summary>
    public void End() => Duration = Duration == default ? time.GetElapsedTime(_started) : Duration;

    public LedgerEntry ToEntry() => new()
    {
        Id = id,
        Time = Arrived,
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
        AttemptList = AttemptList,
        TimeToFirstByte = TimeToFirstByte,
        Duration = Duration,
        UpstreamRequestId = UpstreamRequestId,
        AnswerId = AnswerId,
        Content = Content,
        ErrorCode = ErrorCode,
        CostMicros = CostMicros,
        ReservedTokens = Admission?.Ask.Estimate.Of(LimitUnit.Tokens) ?? 0,
        DeniedBy = DeniedBy is { } limit
            ? new DenyingLimit(LimitWords.Of(limit.Scope), LimitWords.Of(limit.Unit), LimitWords.Of(limit.Per), limit.InUnits(limit.Amount), limit.Model)
            : null,
    };
}
