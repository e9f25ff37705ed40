using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Telemetry;
using Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// The straight line of calls whose request is a form with files: transcriptions and translations of audio, edits and variations of images. The same seven steps as
/// <see cref="ProxyEndpoint"/>'s; what differs is that the body may be large, and is bounded by bytes instead of being counted.
/// </summary>
internal sealed class UploadEndpoint(
    CallerKey caller,
    UploadSpool spool,
    Routing routing,
    Admittance admittance,
    Upstream upstream,
    TokenCounter tokens,
    PromptKeeping keeping,
    CallFrame frame,
    GatewayMetrics metrics,
    IOptions<ProxyOptions> options,
    TimeProvider time)
{
    /// <summary>As in <see cref="ProxyEndpoint"/>.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(30);

    /// <param name="http">The call.</param>
    /// <param name="endpoint">What is called.</param>
    /// <param name="named">Where else than in the form its model may be named.</param>
    public Task HandleAsync(HttpContext http, ApiEndpoint endpoint, NamedModel named) =>
        frame.RunAsync(http, endpoint, null, keepsAnswer: false, call => AnswerAsync(http, call, named));

    private async Task AnswerAsync(HttpContext http, CallRecord call, NamedModel named)
    {
        // 1. Who asks? Before the body.
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        call.Key = key;

        // 2. What do they ask?
        if (!UploadType.Boundary(http.Request).TryGet(out var boundary, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        using var scanner = new UploadScanner(boundary);
        if (!(await spool.ReadAsync(http.Request, scanner, http.RequestAborted)).TryGet(out var body, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        await using (body)
        {
            var form = scanner.Form;
            if ((named.InPath ?? (form.Model is { Text.Length: > 0 } field ? field.Text : named.Default)) is not { Length: > 0 } model)
            {
                await RefuseAsync(http, call, GatewayError.MissingModel());
                return;
            }

            var envelope = RequestEnvelope.Of(model, form.Stream, form.User, form.Choices);
            call.Envelope = keeping.WithoutSecrets(envelope);

            // 3. Where does it go?
            if (!key.MayUse(model))
            {
                await RefuseAsync(http, call, GatewayError.ModelNotAllowed(model));
                return;
            }

            using var catalog = routing.Hold();
            if (!catalog.Resolve(model, call.Endpoint).TryGet(out var route, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            // 4. May they?
            if (Admittance.Ways(key, model, route) is not { } ways)
            {
                await RefuseAsync(http, call, GatewayError.ModelNotPriced(model));
                return;
            }

            var bound = UploadBound.Of(form, call.Endpoint, ways, options.Value.DefaultMaxOutputTokens);
            if (!(await admittance.AskAsync(call, key, envelope, bound.Budget(form.Choices))).TryGet(out var permit, out error))
            {
                LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
                await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
                return;
            }

            call.Admission = permit.Admission;
            LimitHeaders.Attach(http.Response, call.Endpoint, permit.Admission?.Figures ?? [], null, time);
            keeping.Open(call);
            try
            {
                await ForwardAsync(http, call, new FormCallBody(body, form.Model, named.InPath is null ? null : boundary), form, new RouteWalk(ways, CallFrame.AffinityOf(http, key, ways)), bound);
            }
            finally
            {
                await keeping.EndAsync(call, form, body);
            }
        }
    }

    private async Task ForwardAsync(HttpContext http, CallRecord call, FormCallBody body, UploadForm form, RouteWalk walk, UploadBound bound)
    {
        call.MetricModel = walk.Route.MetricName;
        call.Audio = bound.EstimatedAudio;

        // 5. Forward, and observe the answer as it flows back.
        using var answerText = new AnswerCount(tokens, walk.Route.First.UpstreamModel);
        using var open = form.Stream ? metrics.OpenStream() : default;
        var answer = await upstream.SendAsync(http, walk, call, body, answerText);
        await CallFrame.FinishAsync(http, call, answer);

        // 6. Settle.
        if (!answer.Sent || answer.IsUncommitted || (answer.Unanswered ?? answer.Target) is not { } payee)
        {
            call.Release();
            return;
        }

        if (answer is { Status: >= 300, Unanswered: null })
        {
            call.SettleRequest();
            return;
        }

        call.Audio = answer.AudioSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : call.Audio;
        if (answer.Usage is { } usage)
        {
            call.Settle(usage, TokenSource.Provider, payee.Price);
            return;
        }

        call.Admission?.Answered();
        await CallFrame.CompleteAsync(http, answer);
        using var deadline = new CancellationTokenSource(SettleTimeout, time);
        var output = UploadBound.CountsTokens(payee.Price) ? (await answerText.FinishAsync(deadline.Token)).Tokens : 0;
        call.Settle(new TokenUsage(bound.CountedInput(call.Audio, payee.Price), output, 0, 0), TokenSource.Counted, payee.Price);
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome = CallOutcome.Rejected) =>
        CallFrame.RefuseAsync(http, call, error, outcome);
}
