using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Gateway.Proxy;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public class SocketMessageTests
{
    [Fact]
    public async Task A_socket_that_was_hung_up_on_is_gone()
    {
        using var socket = new ClientWebSocket();
        socket.Abort();
        await using var message = new SocketMessage(socket);

        await Assert.ThrowsAsync<WebSocketException>(async () => await message.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_message_ends_with_its_last_piece_whatever_its_pieces_are()
    {
        using var pipe = new TwoEnds();
        using var sender = WebSocket.CreateFromStream(pipe.One, new WebSocketCreationOptions { IsServer = true });
        using var receiver = WebSocket.CreateFromStream(pipe.Other, new WebSocketCreationOptions());
        var cancel = TestContext.Current.CancellationToken;
        await sender.SendAsync("ab"u8.ToArray().AsMemory(), WebSocketMessageType.Text, false, cancel);
        await sender.SendAsync(default(ReadOnlyMemory<byte>), WebSocketMessageType.Text, false, cancel);
        await sender.SendAsync("c"u8.ToArray().AsMemory(), WebSocketMessageType.Text, true, cancel);
        await sender.SendAsync("d"u8.ToArray().AsMemory(), WebSocketMessageType.Text, true, cancel);

        Assert.Equal("abc", await ReadAsync(receiver));
        Assert.Equal("d", await ReadAsync(receiver));
    }

    private static async Task<string> ReadAsync(WebSocket socket)
    {
        await using var message = new SocketMessage(socket);
        using var reader = new StreamReader(message);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Two streams, of which each reads what is written to the other.</summary>
    private sealed class TwoEnds : IDisposable
    {
        private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);

        public TwoEnds()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(1);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(_listener.LocalEndPoint ?? throw new InvalidOperationException("It listens."));
            One = new NetworkStream(socket, ownsSocket: true);
            Other = new NetworkStream(_listener.Accept(), ownsSocket: true);
        }

        public Stream One { get; }

        public Stream Other { get; }

        public void Dispose()
        {
            One.Dispose();
            Other.Dispose();
            _listener.Dispose();
        }
    }
}
