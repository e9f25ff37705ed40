using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Proxy;

/// <summary>What every forwarded call has around its steps, whatever they are: room for its row before them, refusals in between, the row at the end.</summary>
internal sealed class CallFrame(LedgerWriter ledger, GatewayMetrics metrics, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>nginx's status for a caller who left before there was an answer: the ledger's only, never sent.</summary>
    private const int ClientClosedRequest = 499;

    /// <summary>Runs the steps of one call and records it, whatever becomes of them.</summary>
    /// <param name="http">The call.</param>
    /// <param name="endpoint">What is called.</param>
    /// <param name="upstreamPath">Where it goes below the provider's base address, where that is not the endpoint's own path.</param>
    /// <param name="keepsAnswer">Whether a good answer is small JSON that has to be looked into before the caller gets it.</param>
    /// <param name="steps">The steps. Each writes its own refusal.</param>
    public async Task RunAsync(HttpContext http, ApiEndpoint endpoint, string? upstreamPath, bool keepsAnswer, Func<CallRecord, Task> steps)
    {
        // Room for the row comes first: a call that could not be recorded is not served.
        if (!ledger.TryReserve())
        {
            await ErrorResponse.WriteAsync(http, GatewayError.StoreUnavailable());
            return;
        }

        var call = new CallRecord(new RequestId(http.TraceIdentifier), endpoint, time) { UpstreamPath = upstreamPath, KeepsAnswer = keepsAnswer };
        try
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                await RefuseAsync(http, call, GatewayError.ShuttingDown(), CallOutcome.Rejected);
                return;
            }

            await steps(call);
        }
        catch (Exception unexpected) when (RefuseUnexpected(http, call, unexpected))
        {
            throw;
        }
        finally
        {
            // 7. Record, and with the row the end of what was reserved.
            if (!call.IsHandedOn)
            {
                Record(call);
            }
        }
    }

    /// <summary>Writes the call's row, in the room that was kept for it. Once a call.</summary>
    public void Record(CallRecord call)
    {
        call.SettleUnknown();
        call.End();
        ledger.Record(call.ToEntry(), call.Settlement);
        CallMetrics.Record(metrics, call);
    }

    public static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome)
    {
        call.Refuse(error, outcome);
        return ErrorResponse.WriteAsync(http, error);
    }

    /// <summary>Takes down how the upstream's answer ended, and gives the caller what is still to be given: an error, the gateway's own or the upstream's.</summary>
    public static async Task FinishAsync(HttpContext http, CallRecord call, UpstreamAnswer answer)
    {
        // Not always the last: an earlier target's error may say more.
        call.Provider = answer.Target?.Provider.Name;
        call.UpstreamModel = answer.Target?.NamedModel;
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
        if ((answer.ErrorBody ?? answer.KeptBody) is { } body && answer.Status is { } status && !http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = status;
            if (answer.ErrorHeaders is { } headers)
            {
                foreach (var (name, value) in headers)
                {
                    http.Response.Headers[name] = value;
                }
            }

            if (body.IsEmpty && status >= 400)
            {
                body = ErrorResponse.BodyOf(http, GatewayError.UpstreamGaveNoReason(status));
                http.Response.ContentType = "application/json";
            }

            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    /// <summary>
    /// Kestrel ends a chunked answer only when the endpoint returns, and the caller must not wait for our counting. One that was broken off
    /// has no end to send, and is shorter than its own length.
    /// </summary>
    public static async Task CompleteAsync(HttpContext http, UpstreamAnswer answer)
    {
        if (answer.Outcome == CallOutcome.Completed && !http.RequestAborted.IsCancellationRequested)
        {
            await http.Response.CompleteAsync();
        }
    }

    /// <summary>Whose calls stay together, where the model's settings want that: a session's, else a key's.</summary>
    public static ulong AffinityOf(HttpContext http, ApiKey key, ModelRoute route) =>
        route.WantsAffinity ? ModelTarget.MarkOf(http.Request.Headers["x-session-id"].FirstOrDefault(session => session?.Length > 0) ?? key.Id.Value) : 0;

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
