using System.Buffers;
using System.Net.WebSockets;
using Gateway.Ledger;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>
/// Passes the messages of one realtime session both ways. The provider's go on piece by piece, with a copy of each text message for the meter; the caller's are taken in whole,
/// since the meter has to know of a message before the provider does. Whoever ends, ends the other side too.
/// </summary>
internal sealed class RealtimeSession : IDisposable
{
    /// <summary>Of one message of the caller's: what OpenAI takes of audio at once, and what JSON adds to it.</summary>
    private const int MaxCallerMessage = 16 << 20;

    /// <summary>Of a provider's message that is looked into. Those that tell usage have some KB.</summary>
    private const int MaxLookedInto = 1 << 20;

    private const int Piece = 16 * 1024;

    private readonly WebSocket _caller;
    private readonly WebSocket _provider;
    private readonly RealtimeMeter _meter;
    private readonly KeyWatch _key;
    private readonly TimeSpan _idle;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _quiet;
    private readonly SemaphoreSlim _metering = new(1, 1);
    private readonly SocketPeer _toCaller;
    private readonly SocketPeer _toProvider;

    public RealtimeSession(WebSocket caller, WebSocket provider, RealtimeMeter meter, KeyWatch key, TimeSpan idle, TimeProvider time)
    {
        (_caller, _provider, _meter, _key, _idle, _time) = (caller, provider, meter, key, idle, time);
        _quiet = new CancellationTokenSource(idle, time);
        _toCaller = new SocketPeer(caller, time);
        _toProvider = new SocketPeer(provider, time);
    }

    public async Task<CallOutcome> RunAsync(CancellationToken stopping, CancellationToken aborted)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var up = UpAsync(over.Token);
        var down = DownAsync(over.Token);
        // Linked, so that nothing of a session that is over stays with the host.
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(stopping, over.Token);
        var stop = Task.Delay(Timeout.InfiniteTimeSpan, _time, stopped.Token);
        var quiet = Task.Delay(Timeout.InfiniteTimeSpan, _time, _quiet.Token);
        var refused = _key.UntilRefusedAsync(over.Token);
        var first = await Task.WhenAny(up, down, stop, quiet, refused);
        var hasLeft = first != up && first != down && aborted.IsCancellationRequested;
        var outcome = first == up ? await up : first == down ? await down
            : hasLeft ? CallOutcome.ClientDisconnected
            : first == quiet ? CallOutcome.TimedOut
            : first == refused ? CallOutcome.Rejected
            : CallOutcome.Completed;
        if (hasLeft)
        {
            // A caller's leaving ends all of them at once, and whichever is seen first says nothing.
        }
        else if (first == refused)
        {
            await RefuseAsync(await refused);
        }
        else if (first == stop)
        {
            await _toCaller.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "shutting_down");
        }
        else if (first == quiet)
        {
            await _toCaller.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "The session was silent for too long.");
        }

        await EndAsync(outcome, over, up, down);
        return outcome;
    }

    public void Dispose()
    {
        _quiet.Dispose();
        _metering.Dispose();
        _toCaller.Dispose();
        _toProvider.Dispose();
    }

    /// <summary>From the caller to the provider.</summary>
    private async Task<CallOutcome> UpAsync(CancellationToken cancel)
    {
        using var message = new MemoryStream();
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (true)
            {
                var read = await _caller.ReceiveAsync(piece.AsMemory(), cancel);
                _quiet.CancelAfter(_idle);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await _toProvider.CloseAsync(_caller.CloseStatus ?? WebSocketCloseStatus.NormalClosure, _caller.CloseStatusDescription);
                    return CallOutcome.Completed;
                }

                message.Write(piece.AsSpan(0, read.Count));
                if (message.Length > MaxCallerMessage)
                {
                    await _toCaller.CloseAsync(WebSocketCloseStatus.MessageTooBig, $"A message may have {MaxCallerMessage} bytes.");
                    return CallOutcome.Rejected;
                }

                if (read.EndOfMessage)
                {
                    var whole = message.GetBuffer().AsMemory(0, (int)message.Length);
                    if (await MeterAsync(() => _meter.SendsAsync(whole), cancel) is { } refused)
                    {
                        return await RefuseAsync(refused);
                    }

                    await _provider.SendAsync(whole, read.MessageType, true, cancel);
                    message.SetLength(0);
                    message.Capacity = message.Capacity > MaxLookedInto ? 0 : message.Capacity;
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return CallOutcome.ClientDisconnected;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>From the provider to the caller.</summary>
    private async Task<CallOutcome> DownAsync(CancellationToken cancel)
    {
        using var message = new MemoryStream();
        var length = 0L;
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult read;
                try
                {
                    read = await _provider.ReceiveAsync(piece.AsMemory(), cancel);
                }
                catch (Exception broken) when (broken is WebSocketException or IOException or ObjectDisposedException)
                {
                    return CallOutcome.UpstreamCut;
                }

                _quiet.CancelAfter(_idle);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await _toCaller.CloseAsync(_provider.CloseStatus ?? WebSocketCloseStatus.NormalClosure, _provider.CloseStatusDescription);
                    return CallOutcome.Completed;
                }

                length += read.Count;
                if (length <= MaxLookedInto)
                {
                    message.Write(piece.AsSpan(0, read.Count));
                }

                // The meter knows of an event before the caller does, who might leave in between and have the response for nothing.
                var refused = read.EndOfMessage && length <= MaxLookedInto && read.MessageType == WebSocketMessageType.Text ? await LookIntoAsync(message) : null;
                await _toCaller.SendAsync(piece.AsMemory(0, read.Count), read.MessageType, read.EndOfMessage, cancel);
                if (refused is not null)
                {
                    return await RefuseAsync(refused);
                }

                if (read.EndOfMessage)
                {
                    message.SetLength(0);
                    length = 0;
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return CallOutcome.ClientDisconnected;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async ValueTask<GatewayError?> LookIntoAsync(MemoryStream message)
    {
        var whole = message.GetBuffer().AsMemory(0, (int)message.Length);
        var received = RealtimeEvent.Read(whole.Span);
        return await MeterAsync(() => _meter.ReceivedAsync(received, whole), CancellationToken.None);
    }

    private async ValueTask<GatewayError?> MeterAsync(Func<ValueTask<GatewayError?>> meter, CancellationToken cancel)
    {
        await _metering.WaitAsync(cancel);
        try
        {
            return await meter();
        }
        finally
        {
            _metering.Release();
        }
    }

    /// <summary>The limits are spent: the caller is told by an event, as the API tells errors, and by the close.</summary>
    private async Task<CallOutcome> RefuseAsync(GatewayError error)
    {
        await _toCaller.CloseAsync(WebSocketCloseStatus.PolicyViolation, $"{error.Code}: {error.Message}", ErrorResponse.Event(error));
        return CallOutcome.Completed;
    }

    /// <summary>Gives both sides a moment to say good-bye, then hangs up on whoever did not.</summary>
    private async Task EndAsync(CallOutcome outcome, CancellationTokenSource over, Task up, Task down)
    {
        if (outcome is not (CallOutcome.ClientDisconnected or CallOutcome.UpstreamCut))
        {
            await _toProvider.CloseAsync(WebSocketCloseStatus.NormalClosure, null);
            await Task.WhenAny(Task.WhenAll(up, down), Task.Delay(SocketPeer.Patience, _time, CancellationToken.None));
        }

        await over.CancelAsync();
        _provider.Abort();
        await Task.WhenAll(up, down);
    }
}
