using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Failover;

/// <summary>Providers and models change while the gateway runs: all of them or none.</summary>
public sealed class ReloadTests
{
    /// <summary>Five seconds are promised; a busy machine may take its time.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

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

    [Fact]
    public async Task A_changed_price_file_is_taken_over_and_a_broken_one_refused()
    {
        using var folder = new TempFolder();
        var prices = folder.File("prices.json");
        await File.WriteAllTextAsync(prices, Prices("1"), Cancel);
        await using var upstream = FakeUpstream.Answering(TwoUpstreams.Answer("a"));
        await using var gateway = await SettingsFile.StartAsync(Routing("a", upstream) + $", \"PriceFile\": \"{prices}\"");
        using var caller = await gateway.NewCallerAsync(new { name = "k" });
        var first = await CostAsync(gateway, caller);

        await File.WriteAllTextAsync(prices, Prices("1000"), Cancel);
        await Eventually.IsTrueAsync(async () => await CostAsync(gateway, caller) == first * 1000, Soon, Cancel);
        await File.WriteAllTextAsync(prices, Prices("-1"), Cancel);
        await Eventually.IsTrueAsync(async () => (await SettingsAsync(gateway)).Contains("Gateway:PriceFile", StringComparison.Ordinal), Soon, Cancel);

        Assert.Equal(first * 1000, await CostAsync(gateway, caller));
    }

    private static string Prices(string input) => $$"""{ "prices": [ { "names": ["gpt-4o"], "price": { "input": {{input}} } } ] }""";

    private static async Task<decimal?> CostAsync(SettingsFile gateway, HttpClient caller)
    {
        using var answer = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        var id = answer.Headers.GetValues("x-request-id").Single();
        decimal? cost = null;
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var row = await gateway.Admin.GetAsync(new Uri($"/admin/requests/{id}", UriKind.Relative), Cancel);
                cost = row.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(await row.Content.ReadAsStringAsync(Cancel)).GetProperty("cost_usd").GetDecimal() : null;
                return cost is not null;
            },
            Soon,
            Cancel);
        return cost;
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
