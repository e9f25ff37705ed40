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
    ModelCatalog catalog,
    NamedFiles files,
    Admittance admittance,
    Upstream upstream,
    TokenCounter tokens,
    PromptCounter prompts,
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

            call.Envelope = envelope;
            call.Characters = call.Endpoint.CountsCharacters ? SpeechText.CountCharacters(body.Span) : 0;

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

            // What a provider keeps for one key is nobody else's.
            if (await files.FindForeignAsync(key, body.Memory, http.RequestAborted) is { } foreign)
            {
                await RefuseAsync(http, call, foreign);
                return;
            }

            // 4. May they?
            if (!(await admittance.AskAsync(call, key, target, envelope, body, http.RequestAborted)).TryGet(out var permit, out error))
            {
                LimitHeaders.Attach(http.Response, call.Figures, null, time);
                await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
                return;
            }

            call.Admission = permit.Admission;
            LimitHeaders.Attach(http.Response, permit.Admission?.Figures ?? [], permit.IsLowered ? permit.Cap : null, time);
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
        using var answerText = new AnswerCount(tokens, target.UpstreamModel);
        var splice = BodySplice.Plan(body.Span, envelope, provider.RewriteModel ? target.UpstreamModel : envelope.Model, provider.InjectUsage, provider.StripFields, cap);
        using var open = envelope.Stream ? metrics.OpenStream() : default;
        var answer = await upstream.SendAsync(http, target, call, body, splice, answerText.Append);
        await FinishAsync(http, call, answer);

        // 6. Settle: the provider's word, else an exact count once the caller has all of the answer.
        if (!answer.Sent || answer.IsUncommitted)
        {
            call.Release();
        }
        else if (answer.Status >= 300)
        {
            call.SettleRefused();
        }
        else if (answer.Usage is { } usage)
        {
            call.Settle(usage, TokenSource.Provider, target.Price);
        }
        else
        {
            await CompleteAsync(http, answer);
            call.Settle(await CountAsync(call, body, target, answerText), TokenSource.Counted, target.Price);
        }
    }

    private async Task FinishAsync(HttpContext http, CallRecord call, UpstreamAnswer answer)
    {
        CallMetrics.Record(metrics, call, answer);
        call.UpstreamRequestId = answer.UpstreamRequestId;
        call.UpstreamTime = answer.UpstreamTime;
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
        call.Status = answer.Outcome == CallOutcome.ClientDisconnected && !http.Response.HasStarted ? ClientClosedRequest : http.Response.StatusCode;
        if (answer.ErrorBody is { } body && !http.RequestAborted.IsCancellationRequested)
        {
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
