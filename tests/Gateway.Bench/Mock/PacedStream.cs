using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Bench.Mock;

/// <summary>The rest of a stream, sent event by event by the <see cref="Pacer"/>.</summary>
internal sealed class PacedStream(Socket socket, EventChunk chunk, int events, int gapMilliseconds)
{
    private readonly TaskCompletionSource<bool> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _gap = TicksOf(gapMilliseconds);
    private int _left = events;

    /// <summary>True when every event went out, false when the other side was gone.</summary>
    public Task<bool> Sent => _sent.Task;

    public long DueAt { get; private set; } = Stopwatch.GetTimestamp() + TicksOf(gapMilliseconds);

    /// <summary>Sends the event that is due and says whether another follows.</summary>
    public bool SendNext()
    {
        try
        {
            socket.Send(chunk.Stamped().Span);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _sent.SetResult(false);
            return false;
        }

        // From the due time, not from now: a late event must not delay all that follow.
        DueAt += _gap;
        if (--_left > 0)
        {
            return true;
        }

        _sent.SetResult(true);
        return false;
    }

    private static long TicksOf(int milliseconds) => milliseconds * (Stopwatch.Frequency / 1000);
}
