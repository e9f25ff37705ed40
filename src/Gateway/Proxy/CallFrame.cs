using Gateway.Ledger;
using Gateway.OpenAi;
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
    /// <param name="steps">The steps. Each writes its own refusal.</param>
    public async Task RunAsync(HttpContext http, ApiEndpoint endpoint, string? upstreamPath, Func<CallRecord, Task> steps)
    {
        // Room for the row comes first: a call that could not be recorded is not served.
        if (!ledger.TryReserve())
        {
            await ErrorResponse.WriteAsync(http, GatewayError.StoreUnavailable());
            return;
        }

        var call = new CallRecord(new RequestId(http.TraceIdentifier), endpoint, time) { UpstreamPath = upstreamPath };
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
    public async Task FinishAsync(HttpContext http, CallRecord call, UpstreamAnswer answer)
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
