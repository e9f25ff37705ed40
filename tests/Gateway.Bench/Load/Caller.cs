using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Bench.Http;

namespace Gateway.Bench.Load;

/// <summary>One caller: sends the prepared call, reads the answer to its end, and begins again. It allocates nothing per call.</summary>
internal sealed class Caller(LoadJob job, int port, ReadOnlyMemory<byte> call, LoadTally tally)
{
    /// <summary>A candidate that refuses connections ends the caller instead of a hot loop.</summary>
    private const int MaxFailures = 20;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly EventReader _events = new(tally);
    private readonly Pace _pace = new(job.CallsPerSecond / job.Callers);

    public async Task RunAsync(TimeSpan beginsAfter, long lastBegin, CancellationToken cancel)
    {
        await Task.Delay(beginsAfter, cancel);
        for (var failures = 0; failures < MaxFailures && Stopwatch.GetTimestamp() < lastBegin && !cancel.IsCancellationRequested; failures++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            // One registration for the connection; a token in every receive would cost a registration each.
            await using var abort = cancel.UnsafeRegister(static state => (state as Socket)?.Dispose(), socket);
            _events.Begin(askedAt: 0);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), CancellationToken.None);
                await CallAsync(socket, lastBegin);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidDataException)
            {
                tally.Broke(_events.Events, job.EventsPerAnswer);
            }
        }
    }

    private async Task CallAsync(Socket socket, long lastBegin)
    {
        var parser = new HttpMessageParser(_events);
        for (var now = Stopwatch.GetTimestamp(); now < lastBegin; now = Stopwatch.GetTimestamp())
        {
            if (await _pace.WaitAsync())
            {
                now = Stopwatch.GetTimestamp();
            }

            parser.Reset();
            _events.Begin(now);
            for (var unsent = call; !unsent.IsEmpty;)
            {
                unsent = unsent[await socket.SendAsync(unsent, SocketFlags.None, CancellationToken.None)..];
            }

            while (!parser.IsComplete)
            {
                var received = await socket.ReceiveAsync(_buffer, SocketFlags.None, CancellationToken.None);
                if (received == 0)
                {
                    throw new SocketException((int)SocketError.ConnectionReset);
                }

                _events.ReceivedNow();
                if (parser.Feed(_buffer.AsSpan(0, received)) < received)
                {
                    throw new InvalidDataException("More came than the answer.");
                }
            }

            tally.Answered(parser.Status, _events.Events, job.EventsPerAnswer, Stopwatch.GetTimestamp() - now);
        }
    }
}
