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

    public void Dispose() => _source.Dispose();
}
