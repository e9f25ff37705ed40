using System.Net;

namespace Gateway.Providers;

/// <summary>
/// A request's body that is in memory, written behind its headers so that both leave in one packet where they fit. YARP's own content sends the headers
/// by themselves first, for bodies that are still on their way: a system call and a packet more for each call.
/// </summary>
/// <param name="body">The body's bytes, read once.</param>
internal sealed class BodyInOnePiece(Stream body) : HttpContent
{
    /// <summary>The body to send in place of the request's own; put there by whoever has one.</summary>
    public static readonly HttpRequestOptionsKey<BodyInOnePiece> Key = new("gateway-body");

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await body.CopyToAsync(stream, cancellationToken);
        }
        catch (IOException)
        {
            // An upstream that refuses early need not read the rest. What it answered says more than this; where it did not answer, reading fails too.
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        // Set as a header by whoever knows it.
        length = 0;
        return false;
    }

    /// <summary>Puts such bodies in their requests. The forwarder in front of it allows no body but its own.</summary>
    internal sealed class Handler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Options.TryGetValue(Key, out var whole))
            {
                request.Content = whole;
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
