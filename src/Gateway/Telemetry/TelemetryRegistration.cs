using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Telemetry;

/// <summary>The room's services.</summary>
internal static class TelemetryRegistration
{
    /// <summary>Endpoints, models, providers, outcomes and statuses multiply; beyond the limit series lose their labels until the next start.</summary>
    private const int MostRequestSeries = 10_000;

    /// <summary>Adds metrics and traces: metrics for Prometheus always, both by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.</summary>
    public static IServiceCollection AddGatewayTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMetrics();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<GatewayTraces>();

        bool export = !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        OpenTelemetry.OpenTelemetryBuilder telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(NonEmpty(configuration["OTEL_SERVICE_NAME"]) ?? "gateway", serviceVersion: BuildInfo.Version))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(GatewayMetrics.MeterName, "System.Runtime");
                metrics.AddView("gateway_requests", new MetricStreamConfiguration { CardinalityLimit = MostRequestSeries });
                // A scope's version in every series would start all series anew at each update, which breaks rates.
                metrics.AddPrometheusExporter(options => options.ScopeInfoEnabled = false);
                if (export)
                {
                    // With traces, a histogram's bucket leads to one of its calls.
                    metrics.SetExemplarFilter(ExemplarFilterType.TraceBased);
                    metrics.AddOtlpExporter();
                }
            });
        if (export)
        {
            telemetry.WithTracing(traces => traces.AddSource(GatewayTraces.SourceName, "Microsoft.AspNetCore").AddOtlpExporter());
        }

        return services;
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
