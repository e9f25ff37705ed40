using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;
using Gateway.Telemetry;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// <c>GET /v1/realtime</c>: a WebSocket to a model that listens and speaks. The steps of a call stand at its handshake; from then on <see cref="RealtimeSession"/> passes
/// messages on and <see cref="RealtimeMeter"/> reserves, settles and records each response.
/// </summary>
internal sealed class RealtimeEndpoint(
    CallerKey caller,
    Routing routing,
    Admittance admittance,
    LedgerWriter ledger,
    SpendJournal journal,
    PromptKeeping keeping,
    CallFrame frame,
    RequestIds ids,
    GatewayMetrics metrics,
    IOptions<ProxyOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    public Task HandleAsync(HttpContext http) => frame.RunAsync(http, ApiEndpoint.Realtime, null, keepsAnswer: false, async call =>
    {
        // 1. Who asks?
        if (!(await caller.IdentifySocketAsync(http)).TryGet(out var key, out var error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        call.Key = key;

        // 2. What do they ask?
        if (!Model(http).TryGet(out var model, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        call.Envelope = keeping.WithoutSecrets(RequestEnvelope.Of(model, stream: true, null, 1));

        // 3. Where does it go?
        if (!key.MayUse(model))
        {
            await RefuseAsync(http, call, GatewayError.ModelNotAllowed(model));
            return;
        }

        using var catalog = routing.Hold();
        if (!catalog.Resolve(model, ApiEndpoint.Realtime).TryGet(out var route, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        // One target, chosen as for any call: a session is not begun twice.
        var walk = new RouteWalk(Admittance.Ways(key, model, route) ?? route, CallFrame.AffinityOf(http, key, route));
        if (walk.Next() is not { } target)
        {
            await RefuseAsync(http, call, GatewayError.NoHealthyTarget(walk.Wait));
            return;
        }

        call.Provider = target.Provider.Name;
        call.UpstreamModel = target.UpstreamModel;
        call.MetricModel = route.MetricName;

        // 4. May they?
        using var words = new RealtimeWords(keeping, key);
        var meter = new RealtimeMeter(admittance, ledger, journal, frame, ids, time, call, key, target, words, target.MaxOutputTokens ?? options.Value.DefaultMaxOutputTokens);
        if (await meter.BeginAsync() is { } denied)
        {
            LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
            await CallFrame.RefuseAsync(http, call, denied, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
            return;
        }

        LimitHeaders.Attach(http.Response, call.Endpoint, meter.Figures, null, time);
        await TalkAsync(http, call, key, target, meter);
    });

    /// <summary>5 to 7: once the provider has agreed, so does the gateway; the meter settles and records.</summary>
    private async Task TalkAsync(HttpContext http, CallRecord call, ApiKey key, ModelTarget target, RealtimeMeter meter)
    {
        var outcome = CallOutcome.ClientDisconnected;
        GatewayError? failed = null;
        try
        {
            call.Attempting(target);
            if (!(await SocketUpstream.ConnectAsync(http, ApiEndpoint.Realtime, target, TimeSpan.FromSeconds(options.Value.Timeouts.FirstByteSeconds), time)).TryGet(out var upstream, out failed))
            {
                outcome = failed.Status == StatusCodes.Status504GatewayTimeout ? CallOutcome.TimedOut : CallOutcome.UpstreamError;
                TargetVerdict.Tell(target.Health, SocketUpstream.AnswerOf(failed, outcome), time.GetUtcNow());
                return;
            }

            target.Health.Answered();
            using (upstream)
            using (var open = metrics.OpenStream())
            using (var downstream = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = upstream.SubProtocol }))
            using (var session = new RealtimeSession(downstream, upstream, meter, caller.Watch(http, key), TimeSpan.FromSeconds(options.Value.Timeouts.IdleSeconds), time))
            {
                outcome = await session.RunAsync(lifetime.ApplicationStopping, http.RequestAborted);
                if (outcome == CallOutcome.UpstreamCut)
                {
                    // No false end: what the provider broke off is broken off for the caller too.
                    http.Abort();
                }
            }
        }
        finally
        {
            meter.Close(outcome);
            if (failed is not null)
            {
                await CallFrame.RefuseAsync(http, call, failed, outcome);
            }
        }
    }

    private static Outcome<string> Model(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            return GatewayError.InvalidRequest("This path is a WebSocket; open it as one.");
        }

        var named = http.Request.Query.TryGetValue("model", out var model) ? model : http.Request.Query["deployment"];
        return named.Count > 1 ? GatewayError.InvalidRequest("The parameter 'model' is given more than once.", "model")
            : named.ToString() is { Length: > 0 } one ? one
            : GatewayError.MissingModel();
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error) => CallFrame.RefuseAsync(http, call, error, CallOutcome.Rejected);
}
