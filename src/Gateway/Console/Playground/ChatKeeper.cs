using System.Text.Json;
using Microsoft.JSInterop;

namespace Gateway.Console.Playground;

/// <summary>Keeps the playground's conversations in the browser's tab: a reload, or a server that went away, loses none.</summary>
internal sealed class ChatKeeper(IJSRuntime browser)
{
    private const string Name = "gateway_chat";

    /// <summary>Browsers keep some 5 million letters for a site. What is more is kept without its pictures, and what is still more not at all.</summary>
    private const int MostLetters = 4_000_000;

    private (int, int) _kept;

    /// <summary>Writes what changed since the last time.</summary>
    public async Task KeepAsync(IReadOnlyList<ChatColumn> columns, ChatParameters parameters, CancellationToken cancel)
    {
        var stamp = (columns.Aggregate(columns.Count, (sum, column) => HashCode.Combine(sum, column.Stamp)), parameters.Stamp);
        if (stamp == _kept)
        {
            return;
        }

        _kept = stamp;
        var json = Write(columns, parameters, withImages: true);
        if (json.Length > MostLetters)
        {
            json = Write(columns, parameters, withImages: false);
        }

        await browser.InvokeVoidAsync("gateway.keep", cancel, Name, json.Length > MostLetters ? null : json);
    }

    /// <summary>What the tab has; null where it has nothing, or nothing that can be read.</summary>
    public async Task<KeptChat?> ReadAsync(CancellationToken cancel)
    {
        try
        {
            // As a stream: one message of the circuit holds less.
            await using var reference = await browser.InvokeAsync<IJSStreamReference>("gateway.keptBytes", cancel, Name);
            await using var stream = await reference.OpenReadStreamAsync(MostLetters * 3L, cancel);
            return await JsonSerializer.DeserializeAsync(stream, KeptJson.Default.KeptChat, cancel) is { Columns.Count: > 0 } chat ? chat : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static string Write(IReadOnlyList<ChatColumn> columns, ChatParameters parameters, bool withImages) => JsonSerializer.Serialize(
        new KeptChat([.. columns.Select(column => new KeptColumn(column.Model, [.. column.Turns.Select(turn => turn.Kept(withImages))]))], parameters), KeptJson.Default.KeptChat);
}
