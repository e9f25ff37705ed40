using System.Diagnostics;

namespace Gateway.Telemetry;

/// <summary>The gateway's own spans. With nobody listening, starting one costs a field's read and gives null.</summary>
internal sealed class GatewayTraces : IDisposable
{
    public const string SourceName = "Gateway";

    private readonly ActivitySource _source = new(SourceName, BuildInfo.Version);

    /// <summary>A span for one call to a provider, named as OpenTelemetry's GenAI conventions have it.</summary>
    /// <param name="operation">Such as <c>chat</c>, <c>text_completion</c> or <c>embeddings</c>.</param>
    /// <param name="model">The model's name in metrics; a caller's own text does not become a span's name.</param>
    /// <param name="provider">Who is called.</param>
    /// <param name="requestId">The ledger's id of the call.</param>
    public Activity? StartUpstreamCall(string operation, string model, string provider, string requestId)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        Activity? span = _source.StartActivity($"{operation} {model}", ActivityKind.Client);
        span?.SetTag("gen_ai.operation.name", operation);
        span?.SetTag("gen_ai.provider.name", provider);
        span?.SetTag("gen_ai.request.model", model);
        span?.SetTag("gateway.request_id", requestId);
        return span;
    }

    /// <summary>What became of it.</summary>
    /// <param name="span">The call's.</param>
    /// <param name="status">The provider's HTTP status, if there was one.</param>
    /// <param name="error">What went wrong, from a closed set; null where it went well.</param>
    public static void End(Activity? span, int? status, string? error)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("http.response.status_code", status);
        if (error is not null)
        {
            span.SetTag("error.type", error);
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>What a call used.</summary>
    public static void Used(Activity? span, long input, long output) =>
        span?.SetTag("gen_ai.usage.input_tokens", input).SetTag("gen_ai.usage.output_tokens", output);

    public void Dispose() => _source.Dispose();
}
