using System.Net;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A provider that is nothing but accepted sockets: for answers that come before the request was read, and for what is not HTTP.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private int _connections;

    private RawUpstream(Func<Socket, CancellationToken, Task> serve)
    {
        _listener.Start();
        _serving = ServeAsync(serve);
    }

    public string BaseUrl => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Serves one connection after the other; each is closed when its handler returns.</summary>
    public static RawUpstream Start(Func<Socket, CancellationToken, Task> serve) => new(serve);

    /// <summary>Reads what has come of the request, sends these bytes (Latin-1) and closes.</summary>
    public static RawUpstream Sending(string answer) => new(async (socket, cancel) =>
    {
        await ReadHeadAsync(socket, cancel);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(answer), cancel);
        socket.Shutdown(SocketShutdown.Send);

        // To the end of what is sent: closing with bytes unread would reset the connection and lose the answer.
        while (await socket.ReceiveAsync(new byte[65536], cancel) > 0)
        {
        }
    });

    /// <summary>Reads a request's head, and no byte of its body.</summary>
    public static async Task<string> ReadHeadAsync(Socket socket, CancellationToken cancel)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()) && await socket.ReceiveAsync(one, cancel) > 0)
        {
            head.Add(one[0]);
        }

        return System.Text.Encoding.Latin1.GetString([.. head]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<Socket, CancellationToken, Task> serve)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                socket.NoDelay = true;
                await serve(socket, _stop.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopped, or the gateway went away.
            }
        }
    }
}
