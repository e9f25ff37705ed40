using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Proxy;

/// <summary>Step 5: sends the call to its target through YARP's forwarder and says how that ended.</summary>
internal sealed class Upstream(IHttpForwarder forwarder, IOptions<TimeoutOptions> timeouts, TimeProvider time)
{
    /// <summary>YARP wants a destination; the request's true address is set by <see cref="UpstreamAttempt"/>.</summary>
    private const string AnyDestination = "http://upstream";

    /// <summary>Timeouts are kept by <see cref="UpstreamDeadline"/>, which tells the first byte from an idle stream and a slow caller from a slow upstream.</summary>
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromDays(1) };

    public async Task<UpstreamAnswer> SendAsync(HttpContext http, ModelTarget target, CallRecord call, RequestBody body, BodySplice splice, AnswerTextSink? text)
    {
        var limits = timeouts.Value;
        using var deadline = new UpstreamDeadline(time, TimeSpan.FromSeconds(limits.FirstByteSeconds), TimeSpan.FromSeconds(limits.IdleSeconds));
        using var attempt = new UpstreamAttempt(target.Provider, call, splice, text, deadline, time);

        http.Request.Body = splice.Open(body.Memory);
        var sentAt = time.GetTimestamp();
        var failure = await forwarder.SendAsync(http, AnyDestination, target.Provider.Client, Config, attempt, deadline.Token);
        var answer = Judge(http, failure, attempt, deadline);

        return answer with
        {
            IsUncommitted = attempt.IsUncommitted,
            Status = attempt.Status,
            ErrorBody = attempt.ErrorBody,
            UpstreamRequestId = attempt.UpstreamRequestId,
            FirstByteAt = attempt.Tap?.FirstByteAt,
            UpstreamTime = time.GetElapsedTime(sentAt, attempt.Tap?.LastByteAt ?? time.GetTimestamp()),
            Usage = attempt.Answer?.Usage,
            PromptUsage = attempt.Answer?.PromptUsage,
            Id = attempt.Answer?.Id,
            Progress = attempt.Answer?.Status,
        };
    }

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
