using System.Net.WebSockets;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Realtime;

/// <summary>How a caller has responses made over a WebSocket, and what the gateway tells of them.</summary>
internal static class ResponsesCaller
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<GatewayHost> StartAsync(ResponsesProvider provider, params string[] more) =>
        GatewayHost.StartBeforeAsync(provider.BaseUrl, ["--Gateway:Providers:fake:ResponsesWebSocket=true", .. more]);

    public static string Create(string input, string more = "") => $$"""{"type":"response.create","model":"gpt-4o","input":"{{input}}"{{more}}}""";

    public static Task<string> LimitedAsync(GatewayHost gateway, int tokens) =>
        gateway.NewKeyAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = tokens, per = "day" } } });

    public static Uri Address(GatewayHost gateway) => new($"ws://127.0.0.1:{gateway.Address.Port}/v1/responses");

    public static async Task<ClientWebSocket> OpenAsync(GatewayHost gateway, string key)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {key}");
        await socket.ConnectAsync(Address(gateway), Cancel);
        return socket;
    }

    public static async Task<string> SaidAsync(ClientWebSocket socket, string message)
    {
        await socket.SayAsync(message);
        return await socket.HearUntilAsync("\"type\":\"error\"");
    }

    public static async Task<(int Status, string? Code)> SaidErrorAsync(ClientWebSocket socket, string message)
    {
        await socket.SayAsync(message);
        return await ErrorAsync(socket);
    }

    public static async Task<(int Status, string? Code)> ErrorAsync(ClientWebSocket socket)
    {
        var error = JsonSerializer.Deserialize<JsonElement>(await socket.HearUntilAsync("\"type\":\"error\""));
        return (error.GetProperty("status").GetInt32(), error.GetProperty("error").GetProperty("code").GetString());
    }

    public static string RequestId(ClientWebSocket socket) => socket.HttpResponseHeaders?["x-request-id"].Single() ?? "";

    /// <summary>All rows, once there are that many.</summary>
    public static async Task<List<JsonElement>> RowsAsync(GatewayHost gateway, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            var page = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/requests", UriKind.Relative), Cancel));
            if (page.GetProperty("data").GetArrayLength() >= count)
            {
                return [.. page.GetProperty("data").EnumerateArray()];
            }
        }

        throw new InvalidOperationException("The rows did not come.");
    }

    /// <summary>What is used, once nothing is reserved any more.</summary>
    public static async Task<long> UsedAsync(GatewayHost gateway, string key)
    {
        using var caller = gateway.Client(key);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            var shown = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits")[0];
            if (shown.GetProperty("reserved").GetInt64() == 0)
            {
                return shown.GetProperty("used").GetInt64();
            }
        }

        throw new InvalidOperationException("What was reserved is never given back.");
    }

    public static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();

    public static long Number(JsonElement row, string name) => row.GetProperty(name).GetInt64();
}
