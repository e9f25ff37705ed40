using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>
/// A provider made of a raw socket: the test writes its bytes, so framing, packets and faults are exactly what it says.
/// An exception of the handler's fails the test when the upstream is disposed.
/// </summary>
internal sealed class FakeUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentQueue<UpstreamCall> _calls = [];
    private readonly Func<UpstreamCall, Task> _handler;
    private readonly Task _accepting;

    private FakeUpstream(Func<UpstreamCall, Task> handler)
    {
        _handler = handler;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What a provider's <c>BaseUrl</c> is set to.</summary>
    public string BaseUrl => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1";

    public IReadOnlyCollection<UpstreamCall> Calls => _calls;

    public static FakeUpstream Start(Func<UpstreamCall, Task> handler) => new(handler);

    /// <summary>Answers every call with the same JSON body.</summary>
    public static FakeUpstream Answering(string json, int status = 200, params string[] headers) =>
        new(call => call.RespondAsync(json, status, "application/json", headers));

    /// <summary>Answers every call with the same event stream, chunked, in one write.</summary>
    public static FakeUpstream Streaming(byte[] events) => new(async call =>
    {
        await call.BeginChunkedAsync("text/event-stream");
        await call.ChunkAsync(events);
        await call.EndChunksAsync();
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The listener was stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var connection = new UpstreamConnection(socket);
        try
        {
            while (await connection.ReadCallAsync(_stop.Token) is { } call)
            {
                _calls.Enqueue(call);
                await _handler(call);
                if (call.Closed)
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The gateway went away: what tests of cancellation provoke and observe through UpstreamCall.Gone.
        }
    }
}
