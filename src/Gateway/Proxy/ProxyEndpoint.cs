using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Telemetry;
using Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// The straight line every forwarded call takes:
/// 1 who asks (Keys), 2 what do they ask (OpenAi), 3 where does it go (Providers), 4 may they (Quotas), 5 forward and observe (YARP, <see cref="UsageTap"/>),
/// 6 settle what it cost (Tokens, Quotas), 7 record (Ledger).
/// Each step either hands its value to the next or refuses with a <see cref="GatewayError"/>; 6 and 7 happen whatever 5 did.
/// </summary>
internal sealed class ProxyEndpoint(
    CallerKey caller,
    Routing routing,
    NamedFiles files,
    MadeIds ids,
    UnseenInput unseen,
    BackgroundResponses background,
    Admittance admittance,
    Upstream upstream,
    TokenCounter tokens,
    PromptCounter prompts,
    PromptKeeping keeping,
    CallFrame frame,
    GatewayMetrics metrics,
    IOptions<ProxyOptions> options,
    TimeProvider time)
{
    /// <summary>How long counting after the answer may take before the call is recorded without it. Not the caller's patience: they have their answer.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(30);

    /// <param name="http">The call.</param>
    /// <param name="endpoint">What is called.</param>
    /// <param name="named">Where else than in the body its model may be named.</param>
    public Task HandleAsync(HttpContext http, ApiEndpoint endpoint, NamedModel named) =>
        frame.RunAsync(http, endpoint, null, keepsAnswer: false, call => AnswerAsync(http, call, named));

    private async Task AnswerAsync(HttpContext http, CallRecord call, NamedModel named)
    {
        // 1. Who asks? Before the body: an unknown caller's body is not read.
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        call.Key = key;

        // 2. What do they ask?
        if (!MediaType.IsAccepted(http.Request, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        if (!(await RequestBody.ReadAsync(http.Request.Body, http.Request.ContentLength, options.Value.MaxRequestBodyBytes, http.RequestAborted)).TryGet(out var body, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        using (body)
        {
            if (!RequestEnvelope.Read(body.Span, call.Endpoint, named).TryGet(out var envelope, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            call.Envelope = keeping.WithoutSecrets(envelope);
            call.Characters = call.Endpoint.CountsCharacters ? SpeechText.CountCharacters(body.Span) : 0;

            // 3. Where does it go?
            if (!key.MayUse(envelope.Model))
            {
                await RefuseAsync(http, call, GatewayError.ModelNotAllowed(envelope.Model));
                return;
            }

            using var catalog = routing.Hold();
            if (!catalog.Resolve(envelope.Model, call.Endpoint).TryGet(out var route, out error))
            {
                call.MetricModel = ModelTarget.Other;
                await RefuseAsync(http, call, error);
                return;
            }

            // What a provider keeps for one key is nobody else's, and known to no other provider.
            if (!(await ids.PinAsync(key, envelope, route, http.RequestAborted)).TryGet(out route, out error)
                || !(await files.PinAsync(key, body.Memory, route, http.RequestAborted)).TryGet(out route, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            call.MetricModel = route.MetricName;

            // 4. May they?
            if (await unseen.FindAsync(call, key, envelope, catalog, route, http.RequestAborted) is { } unbounded)
            {
                await RefuseAsync(http, call, unbounded);
                return;
            }

            if (!(await admittance.AskAsync(call, key, route, envelope, body, http.RequestAborted)).TryGet(out var permit, out error))
            {
                LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
                await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
                return;
            }

            call.Admission = permit.Admission;
            LimitHeaders.Attach(http.Response, call.Endpoint, permit.Admission?.Figures ?? [], permit.IsLowered ? permit.Cap : null, time);
            await ForwardAsync(http, call, body, envelope, new RouteWalk(permit.Route ?? route, CallFrame.AffinityOf(http, key, route)), permit);
        }
    }

    private async Task ForwardAsync(HttpContext http, CallRecord call, RequestBody body, RequestEnvelope envelope, RouteWalk walk, Permit permit)
    {
        call.MetricModel = walk.Route.MetricName;
        call.IdSink = ids.SinkOf(call);

        // 5. Forward, to one target after the other while none has begun to answer, and observe the answer as it flows back.
        using var answerText = new AnswerCount(tokens, walk.Route.First.UpstreamModel);
        using var kept = keeping.Begin(call, body);
        using var open = envelope.Stream ? metrics.OpenStream() : default;
        var answer = await upstream.SendAsync(http, walk, call, new JsonCallBody(body, envelope, call.Endpoint, permit), answerText);
        await CallFrame.FinishAsync(http, call, answer);

        // 6. Settle: the provider's word, else an exact count once the caller has all of the answer. Whoever served it is paid, once.
        if (!answer.Sent || answer.IsUncommitted || (answer.Unanswered ?? answer.Target) is not { } payee)
        {
            call.Release();
        }
        else if (answer is { Status: >= 300, Unanswered: null } || call.Endpoint.IsFree)
        {
            call.SettleRequest();
        }
        else if (answer.Usage is { } usage)
        {
            call.Settle(usage, TokenSource.Provider, payee.Price);
        }
        else if (BackgroundResponses.GoesOn(envelope, answer))
        {
            await CallFrame.CompleteAsync(http, answer);
            background.Follow(call, payee, answer, await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, payee.UpstreamModel, CancellationToken.None));
        }
        else
        {
            call.Admission?.Answered();
            await CallFrame.CompleteAsync(http, answer);
            call.Settle(await CountAsync(call, body, envelope, payee, answer.PromptUsage, answerText), TokenSource.Counted, payee.Price);
        }
    }

    private async Task<TokenUsage> CountAsync(CallRecord call, RequestBody body, RequestEnvelope envelope, ModelTarget target, TokenUsage? prompt, AnswerCount answerText)
    {
        // On its own deadline, never the caller's: leaving early must not make a call free.
        using var deadline = new CancellationTokenSource(SettleTimeout, time);
        if (prompt is null)
        {
            var counted = await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, target.UpstreamModel, deadline.Token);
            prompt = new TokenUsage(counted.Tokens + await unseen.EarlierTokensAsync(call, envelope, deadline.Token), 0, 0, 0);
        }

        var output = await answerText.FinishAsync(deadline.Token);
        return prompt.Value with { OutputTokens = output.Tokens };
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome = CallOutcome.Rejected) =>
        CallFrame.RefuseAsync(http, call, error, outcome);
}
