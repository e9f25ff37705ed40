using System.Net.Sockets;
using Gateway.Bench.Http;

namespace Gateway.Bench.Mock;

/// <summary>Answers one connection's calls until the other side closes it.</summary>
internal sealed class MockConnection(Socket socket, Pacer pacer)
{
    private readonly RequestBody _body = new();
    private readonly EventChunk _firstEvent = new(MockAnswers.StreamHead);
    private readonly EventChunk _event = new(default);

    public async Task ServeAsync()
    {
        var parser = new HttpMessageParser(_body);
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer, SocketFlags.None);
                if (received == 0)
                {
                    return;
                }

                for (var taken = 0; taken < received;)
                {
                    taken += parser.Feed(buffer.AsSpan(taken, received - taken));
                    if (parser.IsComplete)
                    {
                        await AnswerAsync(parser.IsPost);
                        parser.Reset();
                        _body.Reset();
                    }
                }
            }
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            // A caller that hangs up is nobody's fault here; what it cost shows in the load generator's counts.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async ValueTask AnswerAsync(bool isPost)
    {
        if (!isPost)
        {
            await SendAsync(MockAnswers.NotFound);
        }
        else if (_body.AsksForStream)
        {
            // At once and from here: the time to the first event must not hold a hop to the pacer's thread.
            await SendAsync(_firstEvent.Stamped());
            await SendOtherEventsAsync(_body.GapMilliseconds);
            await SendAsync(_body.AsksForUsage ? MockAnswers.StreamEndWithUsage : MockAnswers.StreamEnd);
        }
        else
        {
            await SendAsync(MockAnswers.Plain);
        }
    }

    private async Task SendOtherEventsAsync(int gapMilliseconds)
    {
        var stream = new PacedStream(socket, _event, BenchEvent.PerStream - 1, gapMilliseconds);
        pacer.Add(stream);
        if (!await stream.Sent)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None)..];
        }
    }
}
