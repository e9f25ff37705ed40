using System.Net;
using System.Text.RegularExpressions;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.IntegrationTests.Telemetry;

/// <summary>The names that dashboards read are those that the exporter makes of the instruments' names and units, so they are checked where they come out.</summary>
[Collection(Alone.Name)]
public sealed partial class MetricsScrapeTests
{
    [Fact]
    public async Task The_scrape_shows_exactly_the_names_of_the_contract()
    {
        await using WebApplication app = Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        GatewayMetrics metrics = app.Services.GetRequiredService<GatewayMetrics>();
        metrics.RequestEnded("chat/completions", "gpt-4o", "openai", "completed", 200, true, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(1));
        metrics.TokensUsed("gpt-4o", "openai", "provider", 10, 20, 3, 4);
        metrics.FirstToken("gpt-4o", "openai", TimeSpan.FromSeconds(.2));
        using OpenStream open = metrics.OpenStream();
        metrics.StoreCalled("database", "write", TimeSpan.FromMilliseconds(2));
        metrics.Denied("tokens", "day", "key");
        metrics.WouldDeny("tokens", "day", "key");
        metrics.ReservationOverrun("openai", 3);
        metrics.Spent("gpt-4o", "openai", null, 1_500_000);
        metrics.NotPriced("gpt-4o", 3);
        metrics.WatchReserved(() => 8);
        metrics.WatchLimits(() => 0, () => [("key", "80", 2)]);
        metrics.WatchTargets(() => [("openai", "gpt-4o", true)]);
        metrics.GenAi.CallEnded("chat", "openai", "gpt-4o", null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(.2));
        metrics.GenAi.TokensUsed("chat", "openai", "gpt-4o", true, 10, 20, 3, 4);
        metrics.Announce(["openai"]);
        metrics.WatchStore("database", () => true);
        metrics.WatchLedgerQueue(() => 7);

        string text = await ScrapeAsync(app);

        Assert.Equal(
            """
            gateway_attempts_total counter
            gateway_build_info gauge
            gateway_config_reload_ok gauge
            gateway_config_reloads_total counter
            gateway_cost_usd_total counter
            gateway_denied_total counter
            gateway_ledger_queue_rows gauge
            gateway_limits_near gauge
            gateway_overhead_seconds histogram
            gateway_quota_drift_tokens gauge
            gateway_request_duration_seconds histogram
            gateway_requests_total counter
            gateway_reservation_overrun_tokens_total counter
            gateway_reserved_tokens gauge
            gateway_store_duration_seconds histogram
            gateway_store_healthy gauge
            gateway_streams_active gauge
            gateway_target_healthy gauge
            gateway_time_to_first_token_seconds histogram
            gateway_tokens_total counter
            gateway_unpriced_tokens_total counter
            gateway_upstream_errors_total counter
            gateway_webhooks_total counter
            gateway_would_deny_total counter
            """.ReplaceLineEndings("\n"),
            string.Join('\n', TypeLine().Matches(text).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Order(StringComparer.Ordinal)));
        Assert.Contains("gateway_requests_total{endpoint=\"chat/completions\",model=\"gpt-4o\",outcome=\"completed\",provider=\"openai\",status=\"200\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("gateway_tokens_total{model=\"gpt-4o\",provider=\"openai\",source=\"provider\",type=\"output\"} 20", text, StringComparison.Ordinal);
        Assert.Contains("gateway_overhead_seconds_bucket{endpoint=\"chat/completions\",le=\"0.0005\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("gateway_overhead_seconds_bucket{endpoint=\"chat/completions\",le=\"0.025\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("gateway_time_to_first_token_seconds_bucket{model=\"gpt-4o\",provider=\"openai\",le=\"300\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("gateway_upstream_errors_total{kind=\"auth\",provider=\"openai\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("gateway_store_healthy{store=\"database\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("gateway_denied_total{per=\"day\",scope=\"key\",unit=\"tokens\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("gateway_cost_usd_total{model=\"gpt-4o\",provider=\"openai\"} 1.5", text, StringComparison.Ordinal);
        Assert.Contains("gateway_ledger_queue_rows{} 7", text, StringComparison.Ordinal);
        Assert.Contains("gateway_quota_drift_tokens{} 0", text, StringComparison.Ordinal);
        Assert.Contains("gateway_limits_near{band=\"80\",scope=\"key\"} 2", text, StringComparison.Ordinal);
        Assert.Contains("gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt-4o\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("gen_ai_server_time_to_first_token_seconds_count", text, StringComparison.Ordinal);
        Assert.Contains("gen_ai_client_token_usage_sum{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt-4o\",gen_ai_token_type=\"output\"} 20", text, StringComparison.Ordinal);
        Assert.Contains("gateway_streams_active{} 1", text, StringComparison.Ordinal);
        Assert.Contains($"gateway_build_info{{version=\"{BuildInfo.Version}\"}} 1", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_process_memory_working_set_bytes", text, StringComparison.Ordinal);
        Assert.DoesNotContain("otel_scope", text, StringComparison.Ordinal);
    }

    private static WebApplication Build()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddGatewayTelemetry(builder.Configuration);
        WebApplication app = builder.Build();
        app.MapPrometheusScrapingEndpoint("/metrics");
        return app;
    }

    private static async Task<string> ScrapeAsync(WebApplication app)
    {
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.First() ?? "";
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri($"{address}/metrics"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("^# TYPE (gateway_[a-z_]+) ([a-z]+)\r?$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();
}
