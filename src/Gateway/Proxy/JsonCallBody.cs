using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>A JSON body, changed for each target only where it must be.</summary>
internal sealed class JsonCallBody(RequestBody body, RequestEnvelope envelope, ApiEndpoint endpoint, Permit permit) : ICallBody
{
    public OutgoingBody For(ModelTarget target)
    {
        var provider = target.Provider;
        var splice = BodySplice.Plan(
            body.Span, envelope, provider.RewriteModel ? target.UpstreamModel : envelope.Model, provider.InjectUsage && endpoint.AsksForUsage, provider.StripFields, permit.CapFor(target, envelope, endpoint));
        return new OutgoingBody(splice.Open(body.Memory), splice.Length, IsInMemory: true);
    }
}
