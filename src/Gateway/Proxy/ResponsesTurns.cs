using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;
using Gateway.Telemetry;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>What each response over a WebSocket has of the seven steps beside its forwarding: before it who asks, for what, whether they may; after it what it cost, and its row.</summary>
internal sealed class ResponsesTurns(
    Routing routing, NamedFiles files, MadeIds ids, UnseenInput unseen, Admittance admittance, TokenCounter tokens, PromptCounter prompts, PromptKeeping keeping, CallFrame frame, LedgerWriter ledger, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>As for any call: not the caller's patience, who has the answer.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Lets a response begin, or refuses it and writes the refusal's row. What is refused leaves the body to its owner.</summary>
    /// <param name="id">The call's id.</param>
    /// <param name="key">Whose connection it is.</param>
    /// <param name="body">The message.</param>
    /// <param name="asked">The same as an event.</param>
    /// <param name="provider">With whom the connection is; null where it is with nobody yet.</param>
    /// <param name="running">What runs and was made on this connection.</param>
    /// <param name="cancel">The connection's end.</param>
    public async ValueTask<Outcome<ResponsesTurn>> BeginAsync(
        RequestId id, ApiKey key, RequestBody body, ResponsesEvent asked, string? provider, RunningResponses running, CancellationToken cancel)
    {
        if (!ledger.TryReserve())
        {
            return GatewayError.StoreUnavailable();
        }

        var call = new CallRecord(id, ApiEndpoint.Responses, time) { Key = key };
        var catalog = routing.Hold();
        var isHanded = false;
        var isRefused = false;
        try
        {
            if (!(await AskAsync(call, key, body, asked, provider, running, catalog, cancel)).TryGet(out var turn, out var error))
            {
                isRefused = true;
                call.Refuse(error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
                return error;
            }

            isHanded = true;
            return turn;
        }
        finally
        {
            if (!isHanded)
            {
                if (!isRefused)
                {
                    call.Outcome = CallOutcome.ClientDisconnected;
                }

                catalog.Dispose();
                frame.Record(call);
            }
        }
    }

    /// <summary>Settles a response and writes its row, however it ended. Once each.</summary>
    /// <param name="turn">The response, which is disposed of.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="error">What the gateway told the caller, where it did.</param>
    public async ValueTask EndAsync(ResponsesTurn turn, CallOutcome outcome, GatewayError? error)
    {
        var call = turn.Call;
        try
        {
            call.Outcome = turn.RefusedWith is null ? outcome : CallOutcome.UpstreamError;
            call.Status = turn.RefusedWith ?? error?.Status ?? StatusCodes.Status200OK;
            call.ErrorCode = error?.Code;
            call.UpstreamTime = turn.UpstreamTime;
            await SettleAsync(turn);
        }
        finally
        {
            keeping.End(call, turn.Body.Span);
            frame.Record(call);
            Tell(turn);
            turn.Dispose();
        }
    }

    private async ValueTask<Outcome<ResponsesTurn>> AskAsync(
        CallRecord call, ApiKey key, RequestBody body, ResponsesEvent asked, string? provider, RunningResponses running, ModelCatalog catalog, CancellationToken cancel)
    {
        if (!RequestEnvelope.Read(body.Span, ApiEndpoint.Responses).TryGet(out var envelope, out var error))
        {
            return error;
        }

        // Its answer comes in events whatever the message says of that.
        envelope = envelope with { Stream = true };
        call.Envelope = keeping.WithoutSecrets(envelope);
        if (envelope.IsBackground)
        {
            return GatewayError.InvalidRequest("A response over a WebSocket can't be made in the background.", "background");
        }

        if (asked.Lane.Length > ResponsesEvent.MaxLane)
        {
            return GatewayError.InvalidRequest($"The field 'stream_id' may have {ResponsesEvent.MaxLane} characters.", "stream_id");
        }

        if (!key.MayUse(envelope.Model))
        {
            return GatewayError.ModelNotAllowed(envelope.Model);
        }

        if (!catalog.Resolve(envelope.Model, ApiEndpoint.Responses).TryGet(out var route, out error))
        {
            call.MetricModel = ModelTarget.Other;
            return error;
        }

        call.MetricModel = route.MetricName;
        if (route.OverWebSocket() is not { } spoken)
        {
            return GatewayError.UpgradeNotSupported();
        }

        if ((provider is null ? spoken : spoken.At(provider)) is not { } connected)
        {
            return GatewayError.InvalidRequest($"This connection is with another provider than the model's. Open another one for '{envelope.Model}'.", "model");
        }

        if (!(await PinAsync(call, key, envelope, connected, running, cancel)).TryGet(out route, out error)
            || !(await files.PinAsync(key, body.Memory, route, cancel)).TryGet(out route, out error))
        {
            return error;
        }

        if (await unseen.FindAsync(call, key, envelope, catalog, route, cancel) is { } unbounded)
        {
            return unbounded;
        }

        if (!(await admittance.AskAsync(call, key, route, envelope, body, cancel)).TryGet(out var permit, out error))
        {
            return error;
        }

        call.Admission = permit.Admission;
        call.IdSink = ids.SinkOf(call);
        keeping.Open(call);
        return new ResponsesTurn(call, asked.Lane, body, envelope, catalog, permit.Route ?? route, permit, tokens, metrics.OpenStream(), time);
    }

    /// <summary>What was made on this connection may be gone on from there, stored or not; all else only as by any other call.</summary>
    private async ValueTask<Outcome<ModelRoute>> PinAsync(CallRecord call, ApiKey key, RequestEnvelope envelope, ModelRoute route, RunningResponses running, CancellationToken cancel)
    {
        if (envelope.Conversation is { } conversation)
        {
            return MadeIds.NoConversation(conversation);
        }

        if (envelope.PreviousResponseId is not { } previous)
        {
            return route;
        }

        if (running.TryFindEarlier(previous, out var tokens))
        {
            call.EarlierTokens = tokens;
            return route;
        }

        return (await ids.PinAsync(key, envelope, route, cancel)).TryGet(out var pinned, out var error) ? pinned
            : error.Status == StatusCodes.Status404NotFound ? GatewayError.PreviousResponseNotFound(previous)
            : error;
    }

    private async ValueTask SettleAsync(ResponsesTurn turn)
    {
        var call = turn.Call;
        if (turn.Target is not { } target || (call.Admission is { } held && !await held.Committed))
        {
            call.Release();
        }
        else if (turn.RefusedWith is not null)
        {
            call.SettleRequest();
        }
        else if (turn.Usage is { } usage)
        {
            call.Settle(usage, TokenSource.Provider, target.Price);
        }
        else
        {
            call.Admission?.Answered();
            call.Settle(await CountAsync(turn, target), TokenSource.Counted, target.Price);
        }
    }

    /// <summary>An exact count of what was said and what came. Where it takes too long, what was reserved is what is known.</summary>
    private async ValueTask<TokenUsage> CountAsync(ResponsesTurn turn, ModelTarget target)
    {
        using var deadline = new CancellationTokenSource(SettleTimeout, time);
        try
        {
            var prompt = await prompts.CountPromptAsync(turn.Body.Memory, turn.Call.Endpoint.Path, target.UpstreamModel, deadline.Token);
            var answer = await turn.Text.FinishAsync(deadline.Token);
            return new TokenUsage(prompt.Tokens + await unseen.EarlierTokensAsync(turn.Call, turn.Envelope, deadline.Token), answer.Tokens, 0, 0);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            var estimate = turn.Call.Admission?.Ask.Estimate;
            return new TokenUsage(estimate?.InputTokens ?? 0, estimate?.OutputTokens ?? 0, 0, 0);
        }
    }

    private void Tell(ResponsesTurn turn)
    {
        if (turn.Target is { } target)
        {
            var answer = new UpstreamAnswer(turn.Call.Outcome, null, Sent: true) { Target = target, Status = turn.RefusedWith ?? (turn.Id is null ? null : StatusCodes.Status200OK) };
            TargetVerdict.Tell(target.Health, answer, time.GetUtcNow());
            CallMetrics.Record(metrics, target.Provider.Name, answer);
        }
    }
}
