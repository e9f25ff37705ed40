using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;
using Gateway.Telemetry;
using Gateway.Tokens;
using Microsoft.AspNetCore.Connections;
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
    Admittance admittance,
    Upstream upstream,
    TokenCounter tokens,
    PromptCounter prompts,
    PromptKeeping keeping,
    LedgerWriter ledger,
    GatewayMetrics metrics,
    IOptions<ProxyOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    /// <summary>How long counting after the answer may take before the call is recorded without it. Not the caller's patience: they have their answer.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(30);

    /// <summary>nginx's status for a caller who left before there was an answer: the ledger's only, never sent.</summary>
    private const int ClientClosedRequest = 499;

    public async Task HandleAsync(HttpContext http, ApiEndpoint endpoint)
    {
        // Room for the row comes first: a call that could not be recorded is not served.
        if (!ledger.TryReserve())
        {
            await ErrorResponse.WriteAsync(http, GatewayError.StoreUnavailable());
            return;
        }

        var call = new CallRecord(new RequestId(http.TraceIdentifier), endpoint, time);
        try
        {
            await AnswerAsync(http, call);
        }
        catch (Exception unexpected) when (RefuseUnexpected(http, call, unexpected))
        {
            throw;
        }
        finally
        {
            // 7. Record, and with the row the end of what was reserved.
            call.SettleUnknown();
            call.End();
            ledger.Record(call.ToEntry(), call.Settlement);
            CallMetrics.Record(metrics, call);
        }
    }

    private async Task AnswerAsync(HttpContext http, CallRecord call)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await RefuseAsync(http, call, GatewayError.ShuttingDown());
            return;
        }

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
            if (!RequestEnvelope.Read(body.Span, call.Endpoint).TryGet(out var envelope, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            call.Envelope = keeping.WithoutSecrets(envelope);

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

            call.MetricModel = route.MetricName;

            // 4. May they?
            if (!(await admittance.AskAsync(call, key, route, envelope, body, http.RequestAborted)).TryGet(out var permit, out error))
            {
                LimitHeaders.Attach(http.Response, call.Figures, null, time);
                await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
                return;
            }

            call.Admission = permit.Admission;
            LimitHeaders.Attach(http.Response, permit.Admission?.Figures ?? [], permit.IsLowered ? permit.Cap : null, time);
            await ForwardAsync(http, call, body, envelope, new RouteWalk(permit.Route ?? route, AffinityOf(http, key, route)), permit);
        }
    }

    private async Task ForwardAsync(HttpContext http, CallRecord call, RequestBody body, RequestEnvelope envelope, RouteWalk walk, Permit permit)
    {
        call.MetricModel = walk.Route.MetricName;

        // 5. Forward, to one target after the other while none has begun to answer, and observe the answer as it flows back.
        using var answerText = new AnswerCount(tokens, walk.Route.First.UpstreamModel);
        using var kept = keeping.Begin(call, body);
        using var open = envelope.Stream ? metrics.OpenStream() : default;
        var answer = await upstream.SendAsync(http, walk, call, body, envelope, permit, answerText);
        await FinishAsync(http, call, answer);

        // 6. Settle: the provider's word, else an exact count once the caller has all of the answer. Whoever served it is paid, once.
        if (!answer.Sent || answer.IsUncommitted || (answer.Unanswered ?? answer.Target) is not { } payee)
        {
            call.Release();
        }
        else if (answer is { Status: >= 300, Unanswered: null })
        {
            call.SettleRefused();
        }
        else if (answer.Usage is { } usage)
        {
            call.Settle(usage, TokenSource.Provider, payee.Price);
        }
        else
        {
            await CompleteAsync(http, answer);
            call.Settle(await CountAsync(call, body, payee, answerText), TokenSource.Counted, payee.Price);
        }
    }

    /// <summary>Whose calls stay together, where the model's settings want that: a session's, else a key's.</summary>
    private static ulong AffinityOf(HttpContext http, ApiKey key, ModelRoute route) =>
        route.WantsAffinity ? ModelTarget.MarkOf(http.Request.Headers["x-session-id"].FirstOrDefault(session => session?.Length > 0) ?? key.Id.Value) : 0;

    private static async Task FinishAsync(HttpContext http, CallRecord call, UpstreamAnswer answer)
    {
        // Not always the last: an earlier target's error may say more.
        call.Provider = answer.Target?.Provider.Name;
        call.UpstreamModel = answer.Target?.UpstreamModel;
        call.UpstreamRequestId = answer.UpstreamRequestId;
        call.UpstreamTime = answer.UpstreamTime;
        call.AnswerId = answer.AnswerId;
        if (answer.FirstByteAt is { } first)
        {
            call.FirstByteAt(first);
        }

        if (answer.Error is { } error)
        {
            call.Refuse(error, answer.Outcome);
            call.Status = http.Response.HasStarted ? http.Response.StatusCode : error.Status;
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        call.Outcome = answer.Outcome;
        call.Status = answer.Outcome == CallOutcome.ClientDisconnected && !http.Response.HasStarted ? ClientClosedRequest : answer.Status ?? http.Response.StatusCode;
        if (answer is { ErrorBody: { } body, ErrorHeaders: { } headers, Status: { } status } && !http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                http.Response.Headers[name] = value;
            }

            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
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

    private async Task<TokenUsage> CountAsync(CallRecord call, RequestBody body, ModelTarget target, AnswerCount answerText)
    {
        // On its own deadline, never the caller's: leaving early must not make a call free.
        using var deadline = new CancellationTokenSource(SettleTimeout, time);
        var input = await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, target.UpstreamModel, deadline.Token);
        var output = await answerText.FinishAsync(deadline.Token);
        return new TokenUsage(input.Tokens, output.Tokens, 0, 0);
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome = CallOutcome.Rejected)
    {
        call.Refuse(error, outcome);
        return ErrorResponse.WriteAsync(http, error);
    }

    /// <summary>An exception filter that never catches: the row says what the last resort will answer, or that nobody is there to be answered.</summary>
    private static bool RefuseUnexpected(HttpContext http, CallRecord call, Exception unexpected)
    {
        if (unexpected is ConnectionResetException || (unexpected is OperationCanceledException && http.RequestAborted.IsCancellationRequested))
        {
            call.Status = ClientClosedRequest;
            call.Outcome = CallOutcome.ClientDisconnected;
        }
        else
        {
            call.Refuse(GatewayError.Internal(), CallOutcome.Rejected);
        }

        return false;
    }
}
