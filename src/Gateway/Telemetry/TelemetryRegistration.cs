using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Telemetry;

/// <summary>The room's services.</summary>
internal static class TelemetryRegistration
{
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Endpoints, models, providers, outcomes and statuses multiply; beyond the limit series lose their labels until the next start.</summary>
    private const int MostRequestSeries = 10_000;

    /// <summary>
    /// Room for each instrument's series is taken when it is made, 180 KiB by default. Those whose labels do not multiply with models, providers or
    /// paths take the room they can fill.
    /// </summary>
    private const int MostClosedSeries = 100;

    private static readonly FrozenSet<string> Closed = new[]
    {
        "gateway_build_info", "gateway_config_reload_ok", "gateway_config_reloads", "gateway_denied", "gateway_ledger_queue_rows", "gateway_limits_near",
        "gateway_log_dropped", "gateway_quota_drift_tokens", "gateway_reserved_tokens", "gateway_store_duration",
        "gateway_store_healthy", "gateway_streams_active", "gateway_would_deny",
    }.ToFrozenSet(StringComparer.Ordinal);

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
                metrics.AddMeter(GatewayMetrics.MeterName, RuntimeMeter);
                metrics.AddView("gateway_requests", new MetricStreamConfiguration { CardinalityLimit = MostRequestSeries });
                metrics.AddView(FewSeries);
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

    private static MetricStreamConfiguration? FewSeries(Instrument instrument) =>
        instrument.Meter.Name == RuntimeMeter || Closed.Contains(instrument.Name) ? new MetricStreamConfiguration { CardinalityLimit = MostClosedSeries } : null;

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
