using System.Net.WebSockets;
using System.Text;

namespace Gateway.Proxy;

/// <summary>What is said to one side of a session: one message after the other, and a good-bye that waits for nobody.</summary>
internal sealed class SocketPeer(WebSocket socket, TimeProvider time) : IDisposable
{
    /// <summary>WebSockets carry 125 bytes in a close, two of them its code.</summary>
    private const int MaxReason = 123;

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>How long a good-bye may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task SendAsync(ReadOnlyMemory<byte> piece, WebSocketMessageType type, bool isEnd, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            await socket.SendAsync(piece, type, isEnd, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes, with a last message before where there is one. Whoever does not read is not waited for.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, string? reason, ReadOnlyMemory<byte> lastWord = default)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            if (!lastWord.IsEmpty)
            {
                await SendAsync(lastWord, WebSocketMessageType.Text, true, limit.Token);
            }

            await socket.CloseOutputAsync(status, Cut(reason), limit.Token);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // Nobody is there to be told.
        }
    }

    public void Dispose() => _turn.Dispose();

    private static string Cut(string? reason)
    {
        var text = reason ?? "";
        while (Encoding.UTF8.GetByteCount(text) > MaxReason)
        {
            text = text[..^1];
        }

        return text;
    }
}
