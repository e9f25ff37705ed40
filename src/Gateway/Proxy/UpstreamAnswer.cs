using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>How an attempt at an upstream ended, once every byte that will go to the caller has gone, or none has.</summary>
/// <param name="Outcome">How the call ended as far as this attempt decides it.</param>
/// <param name="Error">What the gateway has to answer, where the upstream's own answer can't be passed on.</param>
/// <param name="Sent">Whether the upstream may have seen the request: then its input is paid for.</param>
internal sealed record UpstreamAnswer(CallOutcome Outcome, GatewayError? Error, bool Sent)
{
    /// <summary>Whose answer it is; null where there was nobody to ask.</summary>
    public ModelTarget? Target { get; init; }

    /// <summary>Where nobody served the call: a target that got it and never answered. Its input is paid for.</summary>
    public ModelTarget? Unanswered { get; init; }

    /// <summary>The reservation could not be made durable, so nothing of the answer was passed on.</summary>
    public bool IsUncommitted { get; init; }

    /// <summary>The gateway ended it: the call's place among those that run at once was lost.</summary>
    public bool IsStopped { get; init; }

    /// <summary>The upstream's status; null when it never answered.</summary>
    public int? Status { get; init; }

    /// <summary>An upstream's own error, credentials masked: passed on as it is.</summary>
    public ReadOnlyMemory<byte>? ErrorBody { get; init; }

    /// <summary>What goes with that error.</summary>
    public IHeaderDictionary? ErrorHeaders { get; init; }

    /// <summary>Whether the upstream wants to be asked again, where it says so.</summary>
    public bool? ShouldRetry { get; init; }

    /// <summary>How long the upstream asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public string? UpstreamRequestId { get; init; }

    /// <summary>When the first byte of the body came, as a <see cref="TimeProvider"/> timestamp.</summary>
    public long? FirstByteAt { get; init; }

    /// <summary>From sending the request to the last byte of its answer.</summary>
    public TimeSpan UpstreamTime { get; init; }

    public TokenUsage? Usage { get; init; }

    /// <summary>How long the audio was, where the answer told.</summary>
    public double? AudioSeconds { get; init; }

    /// <summary>A good answer that was asked to be kept: nothing of its body has gone to the caller.</summary>
    public ReadOnlyMemory<byte>? KeptBody { get; init; }

    /// <summary>The id that the provider gave its answer.</summary>
    public string? AnswerId { get; init; }

    /// <summary>Whether the target failed the call, so that another one may do better; else it is the call that was wrong, or all is well, or nobody waits any more.</summary>
    public bool IsTargetsFailure => !IsUncommitted && !IsStopped && Outcome is not (CallOutcome.Completed or CallOutcome.ClientDisconnected)
        && Status is not (>= 400 and < 500 and not (401 or 403 or 408 or 409 or 429));
    /// <summary>The prompt's usage alone, where the provider told it before its answer broke off.</summary>
    public TokenUsage? PromptUsage { get; init; }

    /// <summary>How far the answer says that it has come, where its dialect says so.</summary>
    public string? Progress { get; init; }
}
