using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>A body in memory in which nothing changes.</summary>
internal sealed class PlainCallBody(ReadOnlyMemory<byte> body) : ICallBody
{
    public OutgoingBody For(ModelTarget target) => new(new SplicedBodyStream(body, []), body.Length, IsInMemory: true);
}
