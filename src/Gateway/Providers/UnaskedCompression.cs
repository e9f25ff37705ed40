using System.IO.Compression;
using System.Net;

namespace Gateway.Providers;

/// <summary>
/// Makes the answer of an upstream readable that compresses although <c>identity</c> was asked for. The HTTP client's own
/// decompression won't do: it adds gzip, deflate and br to whatever <c>accept-encoding</c> a request has, and upstreams that
/// compress a stream hold its events back.
/// </summary>
internal sealed class UnaskedCompression(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);

        // Of an encoding unknown here the caller learns by its header, which then stays.
        if (response.Content.Headers.ContentEncoding is { Count: 1 } encodings && Decoder(encodings.First()) is { } decode)
        {
            response.Content = new DecodedContent(response.Content, decode);
        }

        return response;
    }

    private static Func<Stream, Stream>? Decoder(string encoding) => encoding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => encoded => new GZipStream(encoded, CompressionMode.Decompress),
        "br" => encoded => new BrotliStream(encoded, CompressionMode.Decompress),
        "deflate" => encoded => new ZLibStream(encoded, CompressionMode.Decompress),
        _ => null,
    };

    private sealed class DecodedContent : HttpContent
    {
        private readonly HttpContent _encoded;
        private readonly Func<Stream, Stream> _decode;

        public DecodedContent(HttpContent encoded, Func<Stream, Stream> decode)
        {
            _encoded = encoded;
            _decode = decode;
            foreach ((string name, IEnumerable<string> values) in encoded.Headers)
            {
                Headers.TryAddWithoutValidation(name, values);
            }

            Headers.ContentEncoding.Clear();
            Headers.ContentLength = null;
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => _decode(await _encoded.ReadAsStreamAsync());

        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            _decode(await _encoded.ReadAsStreamAsync(cancellationToken));

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using Stream decoded = await CreateContentReadStreamAsync(cancellationToken);
            await decoded.CopyToAsync(stream, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _encoded.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
