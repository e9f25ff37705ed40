using System.Buffers;
using System.Net.WebSockets;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;

namespace Gateway.Proxy;

/// <summary>
/// One WebSocket on which a caller has responses made. Each <c>response.create</c> is a call of its own, which <see cref="ResponsesTurns"/> lets in and settles; its events
/// pass as they come, message by message. The first one's model decides with which provider the connection is. Whoever ends, ends the other side too.
/// </summary>
internal sealed class ResponsesSession : IDisposable
{
    /// <summary>As OpenAI has it.</summary>
    private const int MostAtOnce = 16;

    private const int Piece = 16 * 1024;

    /// <summary>How long a connection may stay unused: as long as OpenAI lets one live.</summary>
    private static readonly TimeSpan MostIdle = TimeSpan.FromHours(1);

    private readonly HttpContext _http;
    private readonly WebSocket _caller;
    private readonly ResponsesTurns _turns;
    private readonly RequestIds _ids;
    private readonly KeyWatch _key;
    private readonly ProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _quiet;
    private readonly SocketPeer _toCaller;
    private readonly RunningResponses _running = new();
    private readonly TaskCompletionSource<SessionEnd> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RequestId? _first;
    private WebSocket? _provider;
    private ModelTarget? _target;
    private ModelCatalog? _catalog;
    private Task _down = Task.CompletedTask;

    public ResponsesSession(HttpContext http, WebSocket caller, ResponsesTurns turns, RequestIds ids, KeyWatch key, ProxyOptions options, TimeProvider time)
    {
        (_http, _caller, _turns, _ids, _key, _options, _time) = (http, caller, turns, ids, key, options, time);
        _first = new RequestId(http.TraceIdentifier);
        _quiet = new CancellationTokenSource(MostIdle, time);
        _toCaller = new SocketPeer(caller, time);
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_http.RequestAborted);
        var up = UpAsync(over.Token);

        // What nobody foresaw ends it too, and is thrown once all is settled.
        var end = SessionEnd.Failed(CallOutcome.UpstreamError, GatewayError.Internal());
        try
        {
            var first = await Task.WhenAny(up, _broken.Task, RefusedAsync(over.Token), QuietAsync(over.Token), StoppedAsync(stopping, over.Token));

            // A caller's leaving ends all of them at once, and whichever is seen first says nothing.
            end = first != up && first != _broken.Task && _http.RequestAborted.IsCancellationRequested ? SessionEnd.CallerLeft : await first;
        }
        finally
        {
            _provider?.Abort();
            if (end.Status is { } status)
            {
                await _toCaller.CloseAsync(status, end.Reason, end.Error is { } error ? ErrorResponse.ResponsesEvent(error, "") : default);
                await Task.WhenAny(up, Task.Delay(SocketPeer.Patience, _time, CancellationToken.None));
            }

            await over.CancelAsync();
            await ((Task)up).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var turn in _running.RemoveAll())
            {
                await _turns.EndAsync(turn, end.Outcome, end.Error);
            }
        }

        if (end == SessionEnd.ProviderLeft)
        {
            // No false end: what the provider broke off is broken off for the caller too.
            _http.Abort();
        }

        await _down;
    }

    public void Dispose()
    {
        _provider?.Dispose();
        _catalog?.Dispose();
        _quiet.Dispose();
        _toCaller.Dispose();
    }

    /// <summary>From the caller: one message after the other.</summary>
    private async Task<SessionEnd> UpAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var message = new SocketMessage(_caller);
                if (!(await RequestBody.ReadAsync(message, null, _options.MaxRequestBodyBytes, cancel)).TryGet(out var body, out var error))
                {
                    return new SessionEnd(CallOutcome.ClientDisconnected, WebSocketCloseStatus.MessageTooBig, error.Message, error);
                }

                if (await TakeAsync(message.Type, body, cancel) is { } end)
                {
                    return end;
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return SessionEnd.CallerLeft;
        }
    }

    /// <returns>The session's end, where the message is that.</returns>
    private async Task<SessionEnd?> TakeAsync(WebSocketMessageType type, RequestBody body, CancellationToken cancel)
    {
        var isKept = false;
        try
        {
            if (type == WebSocketMessageType.Close)
            {
                return new SessionEnd(_running.Count == 0 ? CallOutcome.Completed : CallOutcome.ClientDisconnected, WebSocketCloseStatus.NormalClosure, null);
            }

            var asked = type == WebSocketMessageType.Text ? ResponsesEvent.Read(body.Span) : ResponsesEvent.None;
            if (asked.Type is "response.processed")
            {
                // It says that an answer has been read, and makes none.
                await (_provider?.SendAsync(body.Memory, type, true, cancel) ?? ValueTask.CompletedTask);
                return null;
            }

            if (!asked.IsCreate)
            {
                await TellAsync(GatewayError.InvalidRequest("Only messages of the type 'response.create' are served here.", "type"), asked.Lane, cancel);
                return null;
            }

            if (!(await _key.FindAsync(cancel)).TryGet(out var key, out var error))
            {
                return SessionEnd.Refused(error);
            }

            if (_running.IsLast || _running.Count >= MostAtOnce)
            {
                await TellAsync(_running.IsLast ? GatewayError.ShuttingDown() : GatewayError.InvalidRequest($"At most {MostAtOnce} responses are made at once on one connection."), asked.Lane, cancel);
                return null;
            }

            var id = _first ?? _ids.Next();
            _first = null;
            if (!(await _turns.BeginAsync(id, key, body, asked, _target?.Provider.Name, _running, cancel)).TryGet(out var turn, out error))
            {
                await TellAsync(error, asked.Lane, cancel);
                return null;
            }

            isKept = true;
            _running.Add(turn);
            await RunAsync(key, turn, cancel);
            return null;
        }
        finally
        {
            if (!isKept)
            {
                body.Dispose();
            }
        }
    }

    private async Task RunAsync(ApiKey key, ResponsesTurn turn, CancellationToken cancel)
    {
        if (turn.Call.Admission is { HoldsPlace: true } admission)
        {
            // Its place is another's by now, or may be.
            admission.StopBy(() => _broken.TrySetResult(SessionEnd.Failed(CallOutcome.TimedOut, GatewayError.QuotaStoreUnavailable())));
        }

        if (await ReachAsync(key, turn, cancel) is not { } unreached)
        {
            await SendAsync(turn, cancel);
            return;
        }

        _running.Remove(turn);
        await _turns.EndAsync(turn, CallOutcome.UpstreamError, unreached);
        await TellAsync(unreached, turn.Lane, cancel);
    }

    /// <summary>Sees to it that there is a provider to send to. The first call that comes goes along its route until one answers.</summary>
    private async Task<GatewayError?> ReachAsync(ApiKey key, ResponsesTurn turn, CancellationToken cancel)
    {
        if (_provider is not null)
        {
            // Of its targets there the first: another way to the same provider is another name for the model.
            turn.Call.Attempting(turn.Route.First);
            turn.SendTo(turn.Route.First);
            return null;
        }

        var walk = new RouteWalk(turn.Route, CallFrame.AffinityOf(_http, key, turn.Route));
        GatewayError? last = null;
        while (walk.Next() is { } target)
        {
            turn.Call.Attempting(target);
            var limit = TimeSpan.FromSeconds(_options.Timeouts.FirstByteSeconds);
            if ((await SocketUpstream.ConnectAsync(_http, ApiEndpoint.Responses, target, limit, _time)).TryGet(out var socket, out last))
            {
                target.Health.Answered();
                (_provider, _target, _catalog) = (socket, target, turn.HoldCatalog());
                turn.SendTo(target);
                _down = DownAsync(socket, target, cancel);
                return null;
            }

            var failed = SocketUpstream.AnswerOf(last, last.Status == StatusCodes.Status504GatewayTimeout ? CallOutcome.TimedOut : CallOutcome.UpstreamError);
            TargetVerdict.Tell(target.Health, failed, _time.GetUtcNow());
            turn.Call.Attempted(target, failed);
        }

        return last ?? GatewayError.NoHealthyTarget(walk.Wait);
    }

    private async Task SendAsync(ResponsesTurn turn, CancellationToken cancel)
    {
        if (_provider is not { } provider || turn.Target is not { } target)
        {
            return;
        }

        _quiet.CancelAfter(TimeSpan.FromSeconds(_options.Timeouts.FirstByteSeconds));
        var outgoing = new JsonCallBody(turn.Body, turn.Envelope, ApiEndpoint.Responses, turn.Permit).For(target);
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (var left = outgoing.Length; left > 0;)
            {
                var read = await outgoing.Stream.ReadAsync(piece, cancel);
                left -= read;
                await provider.SendAsync(piece.AsMemory(0, read), WebSocketMessageType.Text, left == 0, cancel);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or ObjectDisposedException)
        {
            _broken.TrySetResult(SessionEnd.ProviderLeft);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>From the provider: one event after the other, each looked into before the caller has it.</summary>
    private async Task DownAsync(WebSocket provider, ModelTarget target, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var message = new SocketMessage(provider);
                if (!(await RequestBody.ReadAsync(message, null, _options.MaxRequestBodyBytes, cancel)).TryGet(out var body, out _))
                {
                    _broken.TrySetResult(SessionEnd.Failed(CallOutcome.UpstreamError, GatewayError.UpstreamInvalidResponse()));
                    return;
                }

                using (body)
                {
                    if (message.Type == WebSocketMessageType.Close)
                    {
                        _broken.TrySetResult(new SessionEnd(CallOutcome.UpstreamCut, provider.CloseStatus ?? WebSocketCloseStatus.NormalClosure, provider.CloseStatusDescription));
                        return;
                    }

                    if (await PassAsync(target, message.Type, body.Memory, cancel) is { } failed)
                    {
                        _broken.TrySetResult(SessionEnd.Failed(CallOutcome.UpstreamError, failed));
                        return;
                    }
                }
            }
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or OperationCanceledException)
        {
            _broken.TrySetResult(cancel.IsCancellationRequested ? SessionEnd.CallerLeft : SessionEnd.ProviderLeft);
        }
        finally
        {
            _broken.TrySetResult(SessionEnd.Failed(CallOutcome.UpstreamError, GatewayError.Internal()));
        }
    }

    /// <returns>Why the event must not pass, where it must not.</returns>
    private async Task<GatewayError?> PassAsync(ModelTarget target, WebSocketMessageType type, ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        var seen = type == WebSocketMessageType.Text ? ResponsesEvent.Read(message.Span) : ResponsesEvent.None;
        var turn = _running.Find(seen);
        if (turn is not null)
        {
            // No event is passed before its reservation is durable: a crash right after would forget what it cost.
            if (turn.Call.Admission is { } admission && !await admission.Committed)
            {
                return admission.LedgerFailed ? GatewayError.StoreUnavailable() : GatewayError.QuotaStoreUnavailable();
            }

            await turn.Observe(seen, message.Span);
        }

        var ended = seen.IsEnd || seen.IsError ? turn : null;
        if (ended is not null)
        {
            _running.Remove(ended);
        }

        _quiet.CancelAfter(_running.Count == 0 ? MostIdle : TimeSpan.FromSeconds(_options.Timeouts.IdleSeconds));
        try
        {
            await _toCaller.SendAsync(Shown(seen, target, message), type, true, cancel);
        }
        finally
        {
            if (ended is not null)
            {
                await _turns.EndAsync(ended, seen.IsError ? CallOutcome.UpstreamError : CallOutcome.Completed, null);
            }
        }

        return null;
    }

    /// <summary>Events pass as they are, but for credentials in errors; and the provider's 401 or 403 speaks of the gateway's, not of the caller's.</summary>
    private static ReadOnlyMemory<byte> Shown(ResponsesEvent seen, ModelTarget target, ReadOnlyMemory<byte> message) =>
        !seen.IsError ? message
        : seen.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden ? ErrorResponse.ResponsesEvent(GatewayError.UpstreamAuthFailed(), seen.Lane)
        : target.Provider.Mask(message);

    private async Task<SessionEnd> RefusedAsync(CancellationToken cancel) => SessionEnd.Refused(await _key.UntilRefusedAsync(cancel));

    private async Task<SessionEnd> QuietAsync(CancellationToken cancel)
    {
        await CancelledAsync(_quiet.Token, cancel);
        return _running.Count == 0
            ? new SessionEnd(CallOutcome.Completed, WebSocketCloseStatus.EndpointUnavailable, "The connection was not used for too long.")
            : SessionEnd.Failed(CallOutcome.TimedOut, GatewayError.UpstreamTimeout());
    }

    /// <summary>What runs is finished before the gateway stops; nothing new begins.</summary>
    private async Task<SessionEnd> StoppedAsync(CancellationToken stopping, CancellationToken cancel)
    {
        await CancelledAsync(stopping, cancel);
        await _running.EndAsync().WaitAsync(cancel);
        return new SessionEnd(CallOutcome.Completed, WebSocketCloseStatus.EndpointUnavailable, "shutting_down");
    }

    /// <summary>Ends with the first of two.</summary>
    private async Task CancelledAsync(CancellationToken one, CancellationToken other)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(one, other);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task TellAsync(GatewayError error, string lane, CancellationToken cancel) =>
        _toCaller.SendAsync(ErrorResponse.ResponsesEvent(error, lane), WebSocketMessageType.Text, true, cancel);
}
