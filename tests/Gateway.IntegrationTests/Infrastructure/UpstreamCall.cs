using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>One request as the upstream saw it, and the pen to answer it with.</summary>
internal sealed class UpstreamCall(string requestLine, IReadOnlyList<(string Name, string Value)> headers, byte[] body, Socket socket, Stream stream, PipeReader reader)
{
    public string RequestLine { get; } = requestLine;

    public IReadOnlyList<(string Name, string Value)> Headers { get; } = headers;

    public byte[] Body { get; } = body;

    public string BodyText => Encoding.UTF8.GetString(Body);

    /// <summary>Set once the handler has ended the connection itself.</summary>
    public bool Closed { get; private set; }

    public string? Header(string name) =>
        Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();

    /// <summary>Ends when the gateway has hung up on this call.</summary>
    public async Task GoneAsync(CancellationToken cancel)
    {
        try
        {
            while (!(await reader.ReadAsync(cancel)).IsCompleted)
            {
            }
        }
        catch (IOException)
        {
            // A reset says the same as an end.
        }

        Closed = true;
    }

    public async Task WriteAsync(byte[] bytes) => await stream.WriteAsync(bytes);

    public Task WriteAsync(string latin1) => WriteAsync(Encoding.Latin1.GetBytes(latin1));

    public Task RespondAsync(string text, int status = 200, string contentType = "application/json", params string[] headers)
    {
        var content = Encoding.UTF8.GetBytes(text);
        var head = $"HTTP/1.1 {status} X\r\ncontent-type: {contentType}\r\ncontent-length: {content.Length}\r\n{Lines(headers)}\r\n";
        return WriteAsync([.. Encoding.Latin1.GetBytes(head), .. content]);
    }

    public Task BeginChunkedAsync(string contentType, params string[] headers) =>
        WriteAsync($"HTTP/1.1 200 OK\r\ncontent-type: {contentType}\r\ntransfer-encoding: chunked\r\n{Lines(headers)}\r\n");

    public Task ChunkAsync(byte[] bytes) =>
        WriteAsync([.. Encoding.Latin1.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n"u8]);

    public Task ChunkAsync(string text) => ChunkAsync(Encoding.UTF8.GetBytes(text));

    public Task EndChunksAsync() => WriteAsync("0\r\n\r\n");

    /// <summary>Ends the connection in order (FIN) wherever the answer stands.</summary>
    public void Cut()
    {
        Closed = true;
        socket.Shutdown(SocketShutdown.Both);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        Closed = true;
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    private static string Lines(string[] headers) => string.Concat(headers.Select(header => header + "\r\n"));
}
