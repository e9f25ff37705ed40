using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.Quotas;
using Gateway.Telemetry;

namespace Gateway.Proxy;

/// <summary>What a finished call adds to the metrics.</summary>
internal static class CallMetrics
{
    /// <summary>The enums' words, made once: a call must not pay for them.</summary>
    private static readonly FrozenDictionary<CallOutcome, string> Outcomes = Words<CallOutcome>();

    private static readonly FrozenDictionary<TokenSource, string> Sources = Words<TokenSource>();

    public static void Record(GatewayMetrics metrics, CallRecord call)
    {
        var provider = call.Provider ?? GatewayMetrics.None;
        var streamed = call.Envelope?.Stream ?? false;
        metrics.RequestEnded(call.Endpoint.Path, call.MetricModel, provider, Outcomes[call.Outcome], call.Status, streamed, call.Duration, call.Duration - call.UpstreamTime);
        var operation = GenAiOperation.Of(call.Endpoint.Path);
        if (call.Provider is not null)
        {
            metrics.GenAi.CallEnded(
                operation, provider, call.MetricModel, call.Outcome == CallOutcome.Completed ? null : Outcomes[call.Outcome], call.UpstreamTime, streamed ? call.TimeToFirstByte : null);
        }

        if (call.TokenSource != TokenSource.None)
        {
            var usage = call.Usage;
            metrics.GenAi.TokensUsed(
                operation, provider, call.MetricModel, call.Outcome == CallOutcome.Completed, usage.InputTokens, usage.OutputTokens, usage.CachedTokens, usage.ReasoningTokens);
            metrics.TokensUsed(call.MetricModel, provider, Sources[call.TokenSource], usage.InputTokens, usage.OutputTokens, usage.CachedTokens, usage.ReasoningTokens);
            if (call.CostMicros is { } cost)
            {
                metrics.Spent(call.MetricModel, provider, call.Key?.TeamId, cost);
            }
            else
            {
                metrics.NotPriced(call.MetricModel, usage.InputTokens + usage.OutputTokens);
            }

            if (call.Admission is { } admission)
            {
                metrics.ReservationOverrun(provider, usage.InputTokens + usage.OutputTokens - admission.Ask.Estimate.Of(LimitUnit.Tokens));
            }
        }

        if (streamed && call.TimeToFirstByte is { } wait)
        {
            metrics.FirstToken(call.MetricModel, provider, wait);
        }
    }

    public static void Denied(GatewayMetrics metrics, Limit limit) =>
        metrics.Denied(LimitWords.Of(limit.Unit), LimitWords.Of(limit.Per) ?? GatewayMetrics.None, LimitWords.Of(limit.Scope));

    /// <summary>Shadow limits only count what they would have denied.</summary>
    public static void WouldDeny(GatewayMetrics metrics, IReadOnlyList<LimitFigure> figures)
    {
        foreach (var figure in figures)
        {
            if (figure.Verdict == LimitVerdict.WouldRefuse)
            {
                var limit = figure.Limit;
                metrics.WouldDeny(LimitWords.Of(limit.Unit), LimitWords.Of(limit.Per) ?? GatewayMetrics.None, LimitWords.Of(limit.Scope));
            }
        }
    }

    /// <summary>What became of one attempt at a provider.</summary>
    public static void Record(GatewayMetrics metrics, string provider, UpstreamAnswer answer)
    {
        metrics.AttemptEnded(provider, ResultOf(answer));
        if (!answer.IsStopped && FailureOf(answer) is { } kind)
        {
            metrics.UpstreamFailed(provider, kind);
        }
    }

    private static string ResultOf(UpstreamAnswer answer) => answer.Outcome switch
    {
        CallOutcome.Completed => AttemptResult.Answered,
        CallOutcome.ClientDisconnected => AttemptResult.Abandoned,
        CallOutcome.UpstreamError when answer.Status is >= 400 => AttemptResult.Refused,
        _ => AttemptResult.Failed,
    };

    public static string? FailureOf(UpstreamAnswer answer) => answer.Outcome switch
    {
        CallOutcome.Completed or CallOutcome.ClientDisconnected => null,
        CallOutcome.TimedOut => UpstreamErrorKind.Timeout,
        CallOutcome.UpstreamCut => UpstreamErrorKind.Cut,
        _ when !answer.Sent => UpstreamErrorKind.Connect,
        _ when answer.Status is { } status => UpstreamErrorKind.Of(status) ?? UpstreamErrorKind.InvalidResponse,
        _ => UpstreamErrorKind.Reset,
    };

    private static FrozenDictionary<T, string> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));
}
