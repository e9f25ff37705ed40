using System.Net.WebSockets;
using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>WebSockets by whole text messages.</summary>
internal static class Sockets
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task SayAsync(this WebSocket socket, string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
    }

    /// <summary>The next message; null where the other side has closed.</summary>
    public static async Task<string?> HearAsync(this WebSocket socket)
    {
        using var limit = new CancellationTokenSource(Patience);
        return await socket.NextAsync(limit.Token);
    }

    public static async Task<string?> NextAsync(this WebSocket socket, CancellationToken cancel)
    {
        using var message = new MemoryStream();
        var piece = new byte[64 * 1024];
        while (true)
        {
            var read = await socket.ReceiveAsync(piece.AsMemory(), cancel);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(piece.AsSpan(0, read.Count));
            if (read.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }

    /// <summary>Listens until a message holds the text.</summary>
    public static async Task<string> HearUntilAsync(this WebSocket socket, string text)
    {
        while (await socket.HearAsync() is { } heard)
        {
            if (heard.Contains(text, StringComparison.Ordinal))
            {
                return heard;
            }
        }

        throw new InvalidOperationException($"Closed before '{text}' came: {socket.CloseStatusDescription}");
    }
}
