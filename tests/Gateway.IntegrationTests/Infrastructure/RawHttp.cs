using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>
/// A connection over which literal bytes are sent, right or wrong, and answers read. Everything waits for at most
/// <see cref="Patience"/>: a server that says nothing fails the test instead of hanging it.
/// </summary>
internal sealed class RawHttp : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly CancellationTokenSource _deadline;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private RawHttp(Socket socket, CancellationTokenSource deadline)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _deadline = deadline;
    }

    /// <summary>Opens a connection to a port of this machine.</summary>
    public static async Task<RawHttp> ConnectAsync(int port, CancellationToken cancel)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), deadline.Token);
        return new RawHttp(socket, deadline);
    }

    /// <summary>One request on a connection of its own, and its answer.</summary>
    public static async Task<RawResponse> ExchangeAsync(int port, string request, CancellationToken cancel)
    {
        await using var http = await ConnectAsync(port, cancel);
        await http.SendAsync(request);
        return await http.ReadResponseAsync();
    }

    /// <summary>Sends each character as one byte (Latin-1), so that any byte can be written in a test.</summary>
    public Task SendAsync(string bytes) => SendAsync(Encoding.Latin1.GetBytes(bytes));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, _deadline.Token);

    /// <summary>Ends the sending side, as a caller does who has said everything.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection off (RST), as a caller does whose process dies.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>Reads a whole answer: head and body.</summary>
    public async Task<RawResponse> ReadResponseAsync(bool toHead = false)
    {
        var head = await ReadHeadAsync();
        return toHead || head.Status is 204 or 304 ? head : head with { Body = await ReadBodyAsync(head) };
    }

    /// <summary>Reads an answer's status and headers only; the body then comes with <see cref="ReadSomeAsync"/>, chunk sizes and all.</summary>
    public async Task<RawResponse> ReadHeadAsync()
    {
        var statusLine = await ReadLineAsync();
        var headers = new List<KeyValuePair<string, string>>();
        for (var line = await ReadLineAsync(); line.Length > 0; line = await ReadLineAsync())
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(KeyValuePair.Create(line[..colon], line[(colon + 1)..].Trim()));
        }

        return new RawResponse(int.Parse(statusLine.Split(' ')[1], CultureInfo.InvariantCulture), statusLine, headers, []);
    }

    /// <summary>Whatever bytes come next; none where the server has closed.</summary>
    public async Task<byte[]> ReadSomeAsync()
    {
        if (_start == _end && !await FillAsync())
        {
            return [];
        }

        var some = _buffer[_start.._end];
        _start = _end;
        return some;
    }

    /// <summary>Whether the server closes the connection and sends nothing before it does.</summary>
    public async Task<bool> IsClosedByServerAsync()
    {
        try
        {
            return (await ReadSomeAsync()).Length == 0;
        }
        catch (IOException)
        {
            // A reset is an end too.
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _deadline.Dispose();
    }

    private async Task<byte[]> ReadBodyAsync(RawResponse head)
    {
        if (head.Header("transfer-encoding") is not null)
        {
            return await ReadChunksAsync();
        }

        return head.Header("content-length") is { } length
            ? await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture))
            : await ReadToEndAsync();
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        using var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse((await ReadLineAsync()).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            await body.WriteAsync(await ReadExactlyAsync(size), _deadline.Token);
            await ReadLineAsync();
            if (size == 0)
            {
                return body.ToArray();
            }
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int count)
    {
        while (_end - _start < count)
        {
            if (!await FillAsync())
            {
                throw new EndOfStreamException($"The server closed after {_end - _start} of {count} bytes.");
            }
        }

        var bytes = _buffer[_start..(_start + count)];
        _start += count;
        return bytes;
    }

    private async Task<byte[]> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        var rest = _buffer[_start.._end];
        _start = _end;
        return rest;
    }

    private async Task<string> ReadLineAsync()
    {
        var searched = 0;
        while (true)
        {
            var end = Array.IndexOf(_buffer, (byte)'\n', _start + searched, _end - _start - searched);
            if (end >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, end - _start).TrimEnd('\r');
                _start = end + 1;
                return line;
            }

            searched = _end - _start;
            if (!await FillAsync())
            {
                throw new EndOfStreamException("The server closed in the middle of a line, or before any.");
            }
        }
    }

    /// <summary>False where the server has closed.</summary>
    private async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), _deadline.Token);
        _end += read;
        return read > 0;
    }
}
