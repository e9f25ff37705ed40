using System.Net;
using Gateway.Hosting;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Telemetry;

/// <summary>What the metrics say of limits: how many are nearly used up, and that counters and ledger are one.</summary>
[Collection(Alone.Name)]
public sealed class LimitWatchTests
{
    private const string Answer = """{"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""";

    private static readonly string[] Windows = ["minute", "hour", "day", "month", "total"];

    private static readonly string[] Settings = ["--Gateway:DefaultMaxOutputTokens=20"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Limits_at_four_fifths_and_at_the_end_are_counted()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings);
        using var half = await CallerAsync(gateway, new { unit = "requests", limit = 2, per = "day" });
        using var full = await CallerAsync(gateway, new { unit = "requests", limit = 1, per = "hour" });
        using var most = await CallerAsync(gateway, new { unit = "tokens", limit = 12, per = "total", mode = "soft" });
        await ServeAsync(gateway, half, full, most);

        await LookAsync(gateway);

        await ShowsAsync(gateway, "gateway_limits_near{band=\"80\",scope=\"key\"} 2\n");
        var text = await ScrapeAsync(gateway);
        Assert.Contains("gateway_limits_near{band=\"100\",scope=\"key\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_limits_near{band=\"80\",scope=\"team\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counters_and_ledger_are_the_same_after_calls_of_all_windows_and_while_one_runs()
    {
        var begun = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Start(async call =>
        {
            if (call.BodyText.Contains("wait", StringComparison.Ordinal))
            {
                begun.SetResult();
                await finish.Task;
            }

            await call.RespondAsync(Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings);
        var limits = Windows.Select(per => (object)new { unit = "tokens", limit = 100_000, per }).ToArray();
        using var caller = await CallerAsync(gateway, limits);
        await ServeAsync(gateway, caller, caller, caller);
        var running = caller.CallAsync("""{"model":"gpt-4o","messages":[{"role":"user","content":"wait"}]}""", cancel: Cancel);
        await begun.Task;

        await LookAsync(gateway);
        await LookAsync(gateway);
        await ShowsAsync(gateway, "gateway_quota_drift_tokens{} 0\n");

        finish.SetResult();
        (await running).Dispose();
    }

    [Fact]
    public async Task Drift_that_a_second_look_confirms_is_shown_and_goes_when_it_is_mended()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings);
        using var caller = await CallerAsync(gateway, new { unit = "tokens", limit = 100_000, per = "day" });
        await ServeAsync(gateway, caller);
        var database = Path.Combine(gateway.DataDirectory, "gateway.db");

        // The ledger forgets seven tokens, as one that was restored from an old copy.
        Sql.Execute(database, "update quota_usage set counted = counted - 7");
        await LookAsync(gateway);
        await ShowsAsync(gateway, "gateway_quota_drift_tokens{} 0\n");
        await LookAsync(gateway);
        await ShowsAsync(gateway, "gateway_quota_drift_tokens{} 7\n");

        Sql.Execute(database, "update quota_usage set counted = counted + 7");
        await LookAsync(gateway);
        await ShowsAsync(gateway, "gateway_quota_drift_tokens{} 0\n");
    }

    [Fact]
    public async Task Counters_in_redis_that_drifted_are_built_anew_from_the_ledger()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, [.. Settings, $"--Gateway:Redis:Configuration={redis.Address}"]);
        using var caller = await CallerAsync(gateway, new { unit = "tokens", limit = 100_000, per = "day" });
        await ServeAsync(gateway, caller);
        Sql.Execute(Path.Combine(gateway.DataDirectory, "gateway.db"), "update quota_usage set counted = counted - 7");
        var watch = gateway.Services.GetRequiredService<LimitWatch>();

        await watch.LookAsync(Cancel);
        await watch.LookAsync(Cancel);
        Assert.Equal(7, watch.Drift);
        await watch.LookAsync(Cancel);

        Assert.Equal(0, watch.Drift);
        await ServeAsync(gateway, caller);
    }

    [Fact]
    public async Task What_counters_have_counted_and_the_journal_has_yet_to_write_is_no_drift()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings);
        using var caller = await CallerAsync(gateway, new { unit = "tokens", limit = 100_000, per = "day" });
        await ServeAsync(gateway, caller);
        var watch = gateway.Services.GetRequiredService<LimitWatch>();
        Task<HttpResponseMessage> waiting;
        using (Sql.HoldWriteLock(Path.Combine(gateway.DataDirectory, "gateway.db")))
        {
            waiting = caller.CallAsync(Caller.Chat, cancel: Cancel);
            await Eventually.IsTrueAsync(() => new(gateway.Services.GetRequiredService<QuotaKeeper>().Running.Any()), TimeSpan.FromSeconds(60), Cancel);

            await watch.LookAsync(Cancel);
            await watch.LookAsync(Cancel);
            Assert.Equal(0, watch.Drift);
        }

        (await waiting).Dispose();
    }

    private static Task LookAsync(GatewayHost gateway) => gateway.Services.GetRequiredService<LimitWatch>().LookAsync(Cancel);

    private static async Task<HttpClient> CallerAsync(GatewayHost gateway, params object[] limits) => await gateway.NewCallerAsync(new { name = "k", limits });

    private static async Task ServeAsync(GatewayHost gateway, params HttpClient[] callers)
    {
        foreach (var caller in callers)
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync(Cancel);
            await gateway.RowAsync(response.RequestId());
        }
    }

    /// <summary>A scrape is kept for a moment, and answered again.</summary>
    private static Task ShowsAsync(GatewayHost gateway, string series) =>
        Eventually.IsTrueAsync(async () => (await ScrapeAsync(gateway)).Contains(series, StringComparison.Ordinal), TimeSpan.FromSeconds(5), Cancel);

    private static Task<string> ScrapeAsync(GatewayHost gateway) => gateway.Admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
}
