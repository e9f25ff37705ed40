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
    ModelCatalog catalog,
    Admittance admittance,
    Upstream upstream,
    TokenCounter tokens,
    PromptCounter prompts,
    MadeIds ids,
    BackgroundResponses background,
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
        frame.RunAsync(http, endpoint, null, call => AnswerAsync(http, call, named));

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

            call.Envelope = envelope;

            // 3. Where does it go?
            if (!key.MayUse(envelope.Model))
            {
                await RefuseAsync(http, call, GatewayError.ModelNotAllowed(envelope.Model));
                return;
            }

            if (!catalog.Resolve(envelope.Model, call.Endpoint).TryGet(out var target, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            // What another answer began is its own key's to go on with.
            if (await ids.FindPreviousAsync(key, envelope, http.RequestAborted) is { } foreign)
            {
                await RefuseAsync(http, call, foreign);
                return;
            }

            // 4. May they?
            if (!(await admittance.AskAsync(call, key, target, envelope, body, http.RequestAborted)).TryGet(out var permit, out error))
            {
                LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
                await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
                return;
            }

            call.Admission = permit.Admission;
            LimitHeaders.Attach(http.Response, call.Endpoint, permit.Admission?.Figures ?? [], permit.IsLowered ? permit.Cap : null, time);
            await ForwardAsync(http, call, body, envelope, target, permit.Cap);
        }
    }

    private async Task ForwardAsync(HttpContext http, CallRecord call, RequestBody body, RequestEnvelope envelope, ModelTarget target, OutputCap? cap)
    {
        call.Provider = target.Provider.Name;
        call.UpstreamModel = target.UpstreamModel;
        call.MetricModel = target.MetricName;
        call.Attempts = 1;

        // 5. Forward, and observe the answer as it flows back.
        var provider = target.Provider;
        call.IdSink = ids.SinkOf(call);
        using var answerText = new AnswerCount(tokens, target.UpstreamModel);
        var splice = BodySplice.Plan(body.Span, envelope, provider.RewriteModel ? target.UpstreamModel : envelope.Model, provider.InjectUsage && call.Endpoint.AsksForUsage, provider.StripFields, cap);
        using var open = envelope.Stream ? metrics.OpenStream() : default;
        var answer = await upstream.SendAsync(http, target, call, body, splice, answerText.Append);
        await frame.FinishAsync(http, call, answer);

        // 6. Settle: the provider's word, else an exact count once the caller has all of the answer.
        if (!answer.Sent || answer.IsUncommitted)
        {
            call.Release();
        }
        else if (answer.Status >= 300 || call.Endpoint.IsFree)
        {
            call.SettleRequest();
        }
        else if (answer.Usage is { } usage)
        {
            call.Settle(usage, TokenSource.Provider, target.Price);
        }
        else if (BackgroundResponses.GoesOn(envelope, answer))
        {
            await CompleteAsync(http, answer);
            background.Follow(call, target, answer, await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, target.UpstreamModel, CancellationToken.None));
        }
        else
        {
            await CompleteAsync(http, answer);
            call.Settle(await CountAsync(call, body, target, answer.PromptUsage, answerText), TokenSource.Counted, target.Price);
        }
    }

    /// <summary>
    /// Kestrel ends a chunked answer only when the endpoint returns, and the caller must not wait for our counting. One that was broken off
    /// has no end to send, and is shorter than its own length.
    /// </summary>
    private static async Task CompleteAsync(HttpContext http, UpstreamAnswer answer)
    {
        if (answer.Outcome == CallOutcome.Completed && !http.RequestAborted.IsCancellationRequested)
        {
            await http.Response.CompleteAsync();
        }
    }

    private async Task<TokenUsage> CountAsync(CallRecord call, RequestBody body, ModelTarget target, TokenUsage? prompt, AnswerCount answerText)
    {
        // On its own deadline, never the caller's: leaving early must not make a call free.
        using var deadline = new CancellationTokenSource(SettleTimeout, time);
        prompt ??= new TokenUsage((await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, target.UpstreamModel, deadline.Token)).Tokens, 0, 0, 0);
        var output = await answerText.FinishAsync(deadline.Token);
        return prompt.Value with { OutputTokens = output.Tokens };
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome = CallOutcome.Rejected) =>
        CallFrame.RefuseAsync(http, call, error, outcome);
}
