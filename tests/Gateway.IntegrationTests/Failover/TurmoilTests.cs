using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Failover;

/// <summary>Everything at once, with real processes: an upstream killed, one slow, one that answers errors or nothing, and the settings file written again and again.</summary>
[Collection(Alone.Name)]
public sealed class TurmoilTests
{
    private const int Callers = 200;
    private const int CallsEach = 3;
    private const int Swaps = 50;

    private readonly ConcurrentBag<string> _served = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_call_fails_that_a_healthy_target_could_serve_and_none_is_served_or_charged_twice()
    {
        using var folder = new TempFolder();
        await using var doomed = await GatewayProcess.StartAsync(folder.Path, $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:DiscoverProviders=false");
        var doomedKey = await KeyOfAsync(doomed);
        await using var good = FakeUpstream.Start(call => StreamAsync(call, TimeSpan.Zero));
        await using var slow = FakeUpstream.Start(call => StreamAsync(call, TimeSpan.FromMilliseconds(300)));
        var turn = 0;
        await using var faulty = FakeUpstream.Start(async call =>
        {
            switch (Interlocked.Increment(ref turn) % 3)
            {
                case 0:
                    await call.RespondAsync("""{"error":{"message":"slow down"}}""", 429);
                    break;
                case 1:
                    await call.RespondAsync("""{"error":{"message":"broken"}}""", 500);
                    break;
                default:
                    call.Reset();
                    break;
            }
        });
        string Settings(int swap) =>
            $$"""
            "Providers": {
              "doomed": { "BaseUrl": "{{doomed.Address}}v1", "ApiKey": "{{doomedKey}}" },
              "good": { "BaseUrl": "{{good.BaseUrl}}", "ApiKey": "key-{{swap}}" },
              "slow": { "BaseUrl": "{{slow.BaseUrl}}" },
              "faulty": { "BaseUrl": "{{faulty.BaseUrl}}" } },
            "Models": [ { "Name": "m", "Targets": [
              { "Provider": "doomed", "Model": "echo", "Weight": {{1 + (swap % 3)}} }, { "Provider": "slow" }, { "Provider": "faulty" } ], "Fallbacks": [ "last" ] },
              { "Name": "last", "Targets": [ { "Provider": "good" } ] } ]
            """;
        await using var gateway = await SettingsFile.StartAsync(Settings(0));
        using var caller = await gateway.NewCallerAsync(new { name = "k", limits = new object[] { new { unit = "tokens", limit = 100_000_000, per = "day" }, new { unit = "requests", limit = 1_000_000, per = "day" } } });

        var swapping = SwapAsync(gateway, Settings, doomed);
        var ended = await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => CallAsync(caller, number, swapping)));
        await swapping;

        // Only a stream that had begun at the one that was killed may end early.
        var calls = ended.SelectMany(each => each).ToList();
        Assert.DoesNotContain(calls, call => call.Status != 200);
        Assert.DoesNotContain(calls, call => !call.IsWhole && _served.Contains(call.Prompt));
        Assert.InRange(calls.Count(call => !call.IsWhole), 0, Callers);
        Assert.DoesNotContain(_served.CountBy(prompt => prompt), served => served.Value > 1);
        Assert.Equal((calls.Count, 0), await UsedAsync(caller, "requests", calls.Count));
        var rows = await RowsAsync(gateway);
        Assert.Equal(calls.Count, rows.Count);
        Assert.Equal((rows.Sum(row => row.GetProperty("input_tokens").GetInt64() + row.GetProperty("output_tokens").GetInt64()), 0L), await UsedAsync(caller, "tokens", calls.Count));
        Assert.Contains(rows, row => row.GetProperty("attempts").GetInt32() > 1);
    }

    private static async Task SwapAsync(SettingsFile gateway, Func<int, string> settings, GatewayProcess doomed)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(150));
        for (var swap = 1; swap <= Swaps; swap++)
        {
            await timer.WaitForNextTickAsync(Cancel);
            if (swap % 7 == 0)
            {
                gateway.WriteWhole("{ broken");
            }
            else
            {
                gateway.Write(settings(swap / 10));
            }

            if (swap == Swaps / 3)
            {
                doomed.Kill();
            }
        }
    }

    private static async Task<List<(string Prompt, int Status, bool IsWhole)>> CallAsync(HttpClient caller, int number, Task swapping)
    {
        var ended = new List<(string, int, bool)>();
        for (var i = 0; i < CallsEach || !swapping.IsCompleted; i++)
        {
            var prompt = $"call-{number}-{i}";
            using var response = await caller.CallAsync($$"""{"model":"m","stream":true,"messages":[{"role":"user","content":"{{prompt}}"}]}""", cancel: Cancel);
            try
            {
                var text = await response.Content.ReadAsStringAsync(Cancel);
                ended.Add((prompt, (int)response.StatusCode, text.EndsWith(Sse.Done, StringComparison.Ordinal)));
            }
            catch (HttpRequestException)
            {
                ended.Add((prompt, (int)response.StatusCode, false));
            }
        }

        return ended;
    }

    private async Task StreamAsync(UpstreamCall call, TimeSpan wait)
    {
        await Task.Delay(wait, TimeProvider.System, Cancel);
        using var body = JsonDocument.Parse(call.Body);
        _served.Add(body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString() ?? "");
        await call.BeginChunkedAsync("text/event-stream");
        await call.ChunkAsync(Sse.Delta("Hi"));
        await call.ChunkAsync(Sse.Bytes(Sse.Usage, Sse.Done));
        await call.EndChunksAsync();
    }

    private static async Task<string> KeyOfAsync(GatewayProcess process)
    {
        using var client = new HttpClient { BaseAddress = process.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/keys") { Content = JsonContent.Create(new { name = "doomed" }) };
        request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
        using var response = await client.SendAsync(request, Cancel);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)).GetProperty("key").GetString() ?? "";
    }

    /// <summary>What is used of a limit and what is reserved, once nothing is.</summary>
    private static async Task<(long Used, long Reserved)> UsedAsync(HttpClient caller, string unit, int calls)
    {
        (long Used, long Reserved) standing = (0, calls);
        await Eventually.IsTrueAsync(
            async () =>
            {
                var limit = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync("/v1/key", Cancel)).GetProperty("limits").EnumerateArray().Single(each => each.GetProperty("unit").GetString() == unit);
                standing = (limit.GetProperty("used").GetInt64(), limit.GetProperty("reserved").GetInt64());
                return standing.Reserved == 0;
            },
            TimeSpan.FromSeconds(10),
            Cancel);
        return standing;
    }

    private static async Task<List<JsonElement>> RowsAsync(SettingsFile gateway)
    {
        var rows = new List<JsonElement>();
        string? after = null;
        do
        {
            var page = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync($"/admin/requests?limit=1000&after={after}", Cancel));
            rows.AddRange(page.GetProperty("data").EnumerateArray());
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);
        return rows;
    }
}
