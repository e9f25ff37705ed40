using System.Net.WebSockets;

namespace Gateway.Proxy;

/// <summary>One message of a WebSocket, to be read to its end.</summary>
internal sealed class SocketMessage(WebSocket socket) : Stream
{
    private bool _ended;

    /// <summary>What it is, once something of it was read. A close has no bytes.</summary>
    public WebSocketMessageType Type { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // An empty piece is not the end: that comes with the message's last.
        while (!_ended)
        {
            var read = await ReceiveAsync(buffer, cancellationToken);
            Type = read.MessageType;
            _ended = read.EndOfMessage;
            if (read.Count > 0)
            {
                return read.Count;
            }
        }

        return 0;
    }

    /// <summary>A socket that was hung up on in between is gone, not misused.</summary>
    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancel);
        }
        catch (ObjectDisposedException gone)
        {
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, gone);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A message is only read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
