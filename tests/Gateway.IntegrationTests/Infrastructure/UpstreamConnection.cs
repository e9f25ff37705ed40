using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>One connection of the gateway to the fake upstream: reads requests whole, and notices when the gateway hangs up.</summary>
internal sealed class UpstreamConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeReader _reader;

    public UpstreamConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = PipeReader.Create(_stream);
    }

    public async Task<UpstreamCall?> ReadCallAsync(CancellationToken cancel)
    {
        if (await ReadHeadAsync(cancel) is not { } head)
        {
            return null;
        }

        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).Select(pair => (Name: pair[0], Value: pair[1].Trim())).ToList();
        var length = headers.Where(header => header.Name.Equals("content-length", StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();
        var body = await ReadBodyAsync(long.Parse(length ?? "0", System.Globalization.CultureInfo.InvariantCulture), cancel);
        return new UpstreamCall(lines[0], headers, body, _socket, _stream, _reader);
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await _stream.DisposeAsync();
    }

    private async Task<string?> ReadHeadAsync(CancellationToken cancel)
    {
        while (true)
        {
            var read = await _reader.ReadAsync(cancel);
            var text = Encoding.Latin1.GetString(read.Buffer.ToArray());
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _reader.AdvanceTo(read.Buffer.GetPosition(end + 4));
                return text[..end];
            }

            _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    private async Task<byte[]> ReadBodyAsync(long length, CancellationToken cancel)
    {
        if (length == 0)
        {
            return [];
        }

        var read = await _reader.ReadAtLeastAsync((int)length, cancel);
        var body = read.Buffer.Slice(0, Math.Min(length, read.Buffer.Length)).ToArray();
        _reader.AdvanceTo(read.Buffer.GetPosition(body.Length));
        return body;
    }
}
