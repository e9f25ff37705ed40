using System.Diagnostics;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace Gateway.IntegrationTests.Telemetry;

[Collection(Alone.Name)]
public sealed class OtlpExportTests
{
    [Fact]
    public async Task Metrics_and_traces_go_where_the_usual_variable_says()
    {
        var metricsCame = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tracesCame = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        WebApplicationBuilder collectorBuilder = WebApplication.CreateSlimBuilder();
        collectorBuilder.WebHost.UseUrls("http://127.0.0.1:0");
        collectorBuilder.Logging.ClearProviders();
        await using WebApplication collector = collectorBuilder.Build();
        collector.Run(context =>
        {
            _ = context.Request.Path == "/v1/metrics" ? metricsCame.TrySetResult() : context.Request.Path == "/v1/traces" && tracesCame.TrySetResult();
            return Task.CompletedTask;
        });
        await collector.StartAsync(TestContext.Current.CancellationToken);

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([
            new("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()),
            new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ]).Build();
        await using ServiceProvider services = new ServiceCollection().AddSingleton(configuration).AddGatewayTelemetry(configuration).BuildServiceProvider();
        MeterProvider meters = services.GetRequiredService<MeterProvider>();
        TracerProvider tracers = services.GetRequiredService<TracerProvider>();

        using OpenStream open = services.GetRequiredService<GatewayMetrics>().OpenStream();
        using (Activity? span = services.GetRequiredService<GatewayTraces>().StartUpstreamCall("chat", "gpt-4o", "openai", "req_1"))
        {
            Assert.Equal("chat gpt-4o", span?.DisplayName);
        }

        meters.ForceFlush();
        tracers.ForceFlush();
        await Task.WhenAll(metricsCame.Task, tracesCame.Task).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_the_variable_no_span_is_made()
    {
        IConfiguration configuration = new ConfigurationBuilder().Build();
        await using ServiceProvider services = new ServiceCollection().AddSingleton(configuration).AddGatewayTelemetry(configuration).BuildServiceProvider();

        Assert.Null(services.GetService<TracerProvider>());
    }
}
