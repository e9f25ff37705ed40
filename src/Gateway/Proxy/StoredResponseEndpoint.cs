using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>
/// What is asked about a response by its id, or done to it: <c>GET</c> and <c>DELETE /v1/responses/{id}</c>, its input items, its cancelling. The same steps as every
/// other call, but that its place comes from who owns the id, and that it counts as a request and costs nothing: what the response cost was charged to the call that made it.
/// </summary>
internal sealed class StoredResponseEndpoint(
    CallerKey caller, IOwnedIds owned, Routing routing, Admittance admittance, Upstream upstream, BackgroundResponses background, CallFrame frame, TimeProvider time)
{
    /// <param name="http">The call.</param>
    /// <param name="id">The response.</param>
    /// <param name="tail">What stands behind the id in the provider's path: nothing, or a slash and a word.</param>
    public Task HandleAsync(HttpContext http, string id, string tail) =>
        frame.RunAsync(http, ApiEndpoint.ResponsesById, $"responses/{Uri.EscapeDataString(id)}{tail}", keepsAnswer: false, call => AnswerAsync(http, call, id));

    private async Task AnswerAsync(HttpContext http, CallRecord call, string id)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await CallFrame.RefuseAsync(http, call, error, CallOutcome.Rejected);
            return;
        }

        call.Key = key;
        if (!(await owned.FindAsync(OwnedKind.Response, id, key.Id, http.RequestAborted)).TryGet(out var made, out error))
        {
            await CallFrame.RefuseAsync(http, call, error, CallOutcome.Rejected);
            return;
        }

        using var catalog = routing.Hold();
        if (catalog.FindKeeper(made.Provider) is not { } target)
        {
            // The settings have forgotten who made it.
            await CallFrame.RefuseAsync(http, call, GatewayError.NotFound("response", id), CallOutcome.Rejected);
            return;
        }

        if (!(await admittance.AskAsync(call, key, RequestEnvelope.None, CallBudget.Free)).TryGet(out var permit, out error))
        {
            LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
            await CallFrame.RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
            return;
        }

        call.Admission = permit.Admission;
        LimitHeaders.Attach(http.Response, call.Endpoint, permit.Admission?.Figures ?? [], null, time);
        await ForwardAsync(http, call, target, id);
    }

    private async Task ForwardAsync(HttpContext http, CallRecord call, ModelTarget target, string id)
    {
        var answer = await upstream.SendAsync(http, new RouteWalk(new ModelRoute(target), 0), call, new PlainCallBody(default), null);
        await CallFrame.FinishAsync(http, call, answer);
        if (answer.AnswerId == id)
        {
            background.Saw(target.Provider.Name, id, answer.Usage, answer.Progress);
        }

        if (!answer.Sent || answer.IsUncommitted)
        {
            call.Release();
        }
        else
        {
            call.SettleRequest();
        }
    }
}
