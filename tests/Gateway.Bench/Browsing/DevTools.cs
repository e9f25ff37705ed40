using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;

namespace Gateway.Bench.Browsing;

/// <summary>One connection of Chromium's DevTools protocol: a command at a time, events passed over.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private int _id;

    private DevTools()
    {
    }

    public static async Task<DevTools> ConnectAsync(Uri address, CancellationToken cancel)
    {
        var tools = new DevTools();
        await tools._socket.ConnectAsync(address, cancel);
        return tools;
    }

    /// <exception cref="InvalidOperationException">The browser refuses the command.</exception>
    public async Task<JsonElement> CallAsync(string method, object parameters, CancellationToken cancel)
    {
        var id = ++_id;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters }), WebSocketMessageType.Text, endOfMessage: true, cancel);
        while (true)
        {
            var message = await ReadAsync(cancel);
            if (!message.TryGetProperty("id", out var answers) || answers.GetInt32() != id)
            {
                continue;
            }

            return message.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"Chromium refuses {method}: {message}");
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<JsonElement> ReadAsync(CancellationToken cancel)
    {
        var message = new ArrayBufferWriter<byte>();
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(message.GetMemory(16_384), cancel);
            message.Advance(part.Count);
        }
        while (!part.EndOfMessage);
        return part.MessageType == WebSocketMessageType.Close
            ? throw new InvalidOperationException("Chromium closed the connection.")
            : JsonSerializer.Deserialize<JsonElement>(message.WrittenSpan);
    }
}
