using System.Diagnostics;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Telemetry;
using Gateway.Tokens;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Proxy;

/// <summary>
/// Step 5: sends the call to a target through YARP's forwarder and says how that ended. Where the target failed and nothing of an answer has
/// begun, the next one along the route gets it: the same body once more, with that target's own changes.
/// </summary>
internal sealed class Upstream(
    IHttpForwarder forwarder, RetryBudget budget, GatewayMetrics metrics, GatewayTraces traces, IOptions<TimeoutOptions> timeouts, IOptions<AttemptOptions> options, TimeProvider time)
{
    /// <summary>YARP wants a destination; the request's true address is set by <see cref="UpstreamAttempt"/>.</summary>
    private const string AnyDestination = "http://upstream";

    /// <summary>Timeouts are kept by <see cref="UpstreamDeadline"/>, which tells the first byte from an idle stream and a slow caller from a slow upstream.</summary>
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromDays(1) };

    public async Task<UpstreamAnswer> SendAsync(HttpContext http, RouteWalk walk, CallRecord call, ICallBody body, AnswerCount? text)
    {
        if (walk.Next() is not { } target)
        {
            return new UpstreamAnswer(CallOutcome.UpstreamError, GatewayError.NoHealthyTarget(walk.Wait), Sent: false);
        }

        if (!walk.Route.IsSingle)
        {
            budget.Earn();
        }

        AttemptsSoFar? soFar = null;
        while (true)
        {
            call.Attempting(target);
            var answer = await TryAsync(http, target, walk.HasOthers, call, body, text);
            TargetVerdict.Tell(target.Health, answer, time.GetUtcNow());
            CallMetrics.Record(metrics, target.Provider.Name, answer);
            call.Attempted(target, answer);
            if (!MayGoOn(http, answer) || call.Attempts >= options.Value.MaxPerCall || walk.Next() is not { } next || !(next.Health.IsWell || budget.TrySpend()))
            {
                return soFar?.End(answer) ?? answer;
            }

            soFar ??= new AttemptsSoFar();
            soFar.Add(answer);

            // What YARP has set of the failed answer must not be taken for one.
            http.Response.Clear();
            http.Response.Headers["x-request-id"] = http.TraceIdentifier;
            target = next;
        }
    }

    private async Task<UpstreamAnswer> TryAsync(
        HttpContext http, ModelTarget target, bool hasOthers, CallRecord call, ICallBody body, AnswerCount? text)
    {
        var provider = target.Provider;
        var limits = timeouts.Value;
        var outgoing = body.For(target);
        text?.CountAs(target.UpstreamModel);
        using var deadline = new UpstreamDeadline(time, TimeSpan.FromSeconds(limits.FirstByteSeconds), TimeSpan.FromSeconds(limits.IdleSeconds));
        using var span = traces.StartUpstreamCall(GenAiOperation.Of(call.Endpoint.Path), target.MetricName, provider.Name, call.Id.Value);
        using var attempt = new UpstreamAttempt(target, hasOthers, call, body, outgoing, text is null ? null : text.Append, deadline, span, time);

        if (call.Admission is { HoldsPlace: true } admission)
        {
            admission.StopBy(deadline.Stop);
        }

        var sentAt = time.GetTimestamp();
        target.Health.Begin();
        try
        {
            var failure = await forwarder.SendAsync(http, AnyDestination, provider.Client, Config, attempt, deadline.Token);
            var judged = Judge(http, failure, attempt, deadline);
            var answer = judged with
            {
                Target = target,
                // Known by now, unless the call ended before its first byte: what no counter let in must not be settled as spent.
                IsUncommitted = attempt.IsUncommitted || (judged.Sent && call.Admission is { } held && !await held.Committed),
                Status = attempt.Status,
                ErrorBody = attempt.ErrorBody,
                ErrorHeaders = attempt.ErrorHeaders,
                ShouldRetry = attempt.ShouldRetry,
                RetryAfter = attempt.RetryAfter,
                UpstreamRequestId = attempt.UpstreamRequestId,
                FirstByteAt = attempt.Tap?.FirstByteAt,
                UpstreamTime = time.GetElapsedTime(sentAt, attempt.Tap?.LastByteAt ?? time.GetTimestamp()),
                Usage = attempt.Answer?.Usage,
                PromptUsage = attempt.Answer?.PromptUsage,
                AnswerId = attempt.Answer?.AnswerId,
                Progress = attempt.Answer?.Status,
                AudioSeconds = attempt.Answer?.AudioSeconds,
                KeptBody = attempt.KeptBody,
            };
            Tell(span, answer);
            return answer;
        }
        finally
        {
            target.Health.End();
        }
    }

    private static void Tell(Activity? span, UpstreamAnswer answer)
    {
        GatewayTraces.End(span, answer.Status, CallMetrics.FailureOf(answer));
        if (answer.Usage is { } usage)
        {
            GatewayTraces.Used(span, usage.InputTokens, usage.OutputTokens);
        }
    }

    /// <summary>Nothing has gone to the caller, who still waits, and another target may do better.</summary>
    private static bool MayGoOn(HttpContext http, UpstreamAnswer answer) =>
        answer is { IsTargetsFailure: true, ShouldRetry: not false } && !http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested;

    private static UpstreamAnswer Judge(HttpContext http, ForwarderError failure, UpstreamAttempt attempt, UpstreamDeadline deadline)
    {
        if (attempt.Refusal is { } refusal)
        {
            return new UpstreamAnswer(CallOutcome.UpstreamError, refusal, Sent: true);
        }

        if (failure == ForwarderError.None)
        {
            return new UpstreamAnswer(attempt.ErrorBody is null ? CallOutcome.Completed : CallOutcome.UpstreamError, null, Sent: true);
        }

        // The caller is cut off as for any answer that breaks: nothing tells a client more clearly that the rest will not come.
        if (deadline.IsStopped)
        {
            return new UpstreamAnswer(CallOutcome.TimedOut, GatewayError.QuotaStoreUnavailable(), Sent: true) { IsStopped = true };
        }

        // YARP aborts the caller's connection when it gives up, so a deadline that ran out looks like a caller who left.
        if (deadline.Expired)
        {
            return new UpstreamAnswer(CallOutcome.TimedOut, GatewayError.UpstreamTimeout(), Sent: true);
        }

        // The caller's leaving shows up as whatever broke first, so it is asked before the error.
        if (http.RequestAborted.IsCancellationRequested && !attempt.UpstreamBroke)
        {
            return new UpstreamAnswer(CallOutcome.ClientDisconnected, null, Sent: true);
        }

        return Judge(failure, http.GetForwarderErrorFeature()?.Exception);
    }

    private static UpstreamAnswer Judge(ForwarderError failure, Exception? cause) => failure switch
    {
        // Without the deadline, only SocketsHttpHandler's connect timeout ends this way.
        ForwarderError.RequestTimedOut => new(CallOutcome.TimedOut, GatewayError.UpstreamTimeout(), Sent: false),
        ForwarderError.Request when NeverConnected(cause) => new(CallOutcome.UpstreamError, GatewayError.UpstreamUnreachable(), Sent: false),
        ForwarderError.ResponseBodyDestination => new(CallOutcome.UpstreamCut, GatewayError.UpstreamInvalidResponse(), Sent: true),
        ForwarderError.ResponseBodyClient or ForwarderError.ResponseBodyCanceled => new(CallOutcome.ClientDisconnected, null, Sent: true),
        _ => new(CallOutcome.UpstreamError, GatewayError.UpstreamInvalidResponse(), Sent: true),
    };

    private static bool NeverConnected(Exception? cause) => cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };
}
