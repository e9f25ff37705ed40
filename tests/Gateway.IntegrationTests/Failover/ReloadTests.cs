using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Failover;

/// <summary>Providers and models change while the gateway runs: all of them or none.</summary>
public sealed class ReloadTests
{
    /// <summary>Promised, and some for a busy machine.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5 + 10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_file_is_taken_over_and_a_broken_one_refused_as_a_whole()
    {
        using var mayEnd = new SemaphoreSlim(0);
        await using var a = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("from a"));
            await mayEnd.WaitAsync(Cancel);
            await call.ChunkAsync(Sse.Bytes(Sse.Usage, Sse.Done));
            await call.EndChunksAsync();
        });
        await using var b = FakeUpstream.Answering(TwoUpstreams.Answer("b"));
        await using var gateway = await SettingsFile.StartAsync(Routing("a", a));
        using var caller = await gateway.NewCallerAsync(new { name = "k" });
        using var running = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);

        gateway.Write(Routing("b", b));
        await Eventually.IsTrueAsync(async () => (await ProvidersAsync(gateway)).SequenceEqual(["b", "echo"]), Soon, Cancel);
        Assert.Contains("from", await (await caller.CallAsync(Caller.Chat, cancel: Cancel)).Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Single(b.Calls);
        mayEnd.Release();
        Assert.Equal(Sse.Delta("from a") + Sse.Done, await running.Content.ReadAsStringAsync(Cancel));

        foreach (var (broken, reason) in new[]
        {
            ("""{ "Gateway": { "Providers": """, "appsettings.json"),
            ("""{ "Gateway": { "Providers": { "c": { "BaseUrl": "http://127.0.0.1:1", "ApiKey": "sk secret" } }, "Models": [ { "Name": "x", "Targets": [ { "Provider": "d" } ] } ] } }""", "Gateway:Models:0:Targets:0:Provider"),
        })
        {
            gateway.WriteWhole(broken);
            await Eventually.IsTrueAsync(async () => (await SettingsAsync(gateway)).Contains(reason, StringComparison.Ordinal), Soon, Cancel);
            Assert.DoesNotContain("sk secret", await SettingsAsync(gateway), StringComparison.Ordinal);
            Assert.Equal(["b", "echo"], await ProvidersAsync(gateway));
            Assert.Equal(200, (int)(await caller.CallAsync(Caller.Chat, cancel: Cancel)).StatusCode);
        }

        gateway.Write(Routing("b", b) + """, "DrainSeconds": 7""");
        await Eventually.IsTrueAsync(async () => await SettingsAsync(gateway) == "ok", Soon, Cancel);
        Assert.Contains("Gateway:DrainSeconds", gateway.Process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sk secret", gateway.Process.Output, StringComparison.Ordinal);
        var metrics = await gateway.Admin.GetStringAsync("/metrics", Cancel);
        Assert.Contains("gateway_config_reloads_total{result=\"applied\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_config_reloads_total{result=\"refused\"} 2", metrics, StringComparison.Ordinal);
    }

    private static string Routing(string name, FakeUpstream upstream) =>
        $$"""
        "Providers": { "{{name}}": { "BaseUrl": "{{upstream.BaseUrl}}" } },
        "Models": [ { "Name": "gpt-4o", "Targets": [ { "Provider": "{{name}}" } ] } ]
        """;

    private static async Task<IEnumerable<string?>> ProvidersAsync(SettingsFile gateway) =>
        JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync("/admin/providers", Cancel)).GetProperty("data").EnumerateArray()
            .Select(provider => provider.GetProperty("name").GetString()).ToList();

    private static async Task<string> SettingsAsync(SettingsFile gateway) =>
        JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync("/health/ready", Cancel)).GetProperty("checks").GetProperty("settings").GetString() ?? "";
}
