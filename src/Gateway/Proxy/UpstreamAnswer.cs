using Gateway.Ledger;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>How an attempt at an upstream ended, once every byte that will go to the caller has gone, or none has.</summary>
/// <param name="Outcome">How the call ended as far as this attempt decides it.</param>
/// <param name="Error">What the gateway has to answer, where the upstream's own answer can't be passed on.</param>
/// <param name="Sent">Whether the upstream may have seen the request: then its input is paid for.</param>
internal sealed record UpstreamAnswer(CallOutcome Outcome, GatewayError? Error, bool Sent)
{
    /// <summary>The reservation could not be made durable, so nothing of the answer was passed on.</summary>
    public bool IsUncommitted { get; init; }

    /// <summary>The upstream's status; null when it never answered.</summary>
    public int? Status { get; init; }

    /// <summary>An upstream's own error, credentials masked: passed on as it is.</summary>
    public ReadOnlyMemory<byte>? ErrorBody { get; init; }

    public string? UpstreamRequestId { get; init; }

    /// <summary>When the first byte of the body came, as a <see cref="TimeProvider"/> timestamp.</summary>
    public long? FirstByteAt { get; init; }

    /// <summary>From sending the request to the last byte of its answer.</summary>
    public TimeSpan UpstreamTime { get; init; }

    public TokenUsage? Usage { get; init; }

    /// <summary>The prompt's usage alone, where the provider told it before its answer broke off.</summary>
    public TokenUsage? PromptUsage { get; init; }

    /// <summary>The id that the provider gave its answer, where its dialect has one.</summary>
    public string? Id { get; init; }

    /// <summary>How far the answer says that it has come, where its dialect says so.</summary>
    public string? Progress { get; init; }
}
