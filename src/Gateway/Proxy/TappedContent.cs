using System.Net;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>An upstream's content whose stream is read through a <see cref="UsageTap"/>. Never buffered; its headers are the original's.</summary>
internal sealed class TappedContent : HttpContent
{
    private readonly HttpContent _original;
    private readonly AnswerReader _reader;
    private readonly TimeProvider _time;
    private readonly UpstreamDeadline? _deadline;

    public TappedContent(HttpContent original, AnswerReader reader, TimeProvider time, UpstreamDeadline? deadline)
    {
        _original = original;
        _reader = reader;
        _time = time;
        _deadline = deadline;
        foreach (var header in original.Headers.NonValidated)
        {
            // With a chunk left out the announced length would make the caller wait for bytes that never come.
            if (!reader.ChangesLength || !header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }
    }

    /// <summary>The stream, once it has been asked for.</summary>
    public UsageTap? Tap { get; private set; }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => await OpenAsync(cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var tap = await OpenAsync(cancellationToken);
        await tap.CopyToAsync(stream, cancellationToken);
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
            Tap?.Dispose();
            _reader.Dispose();
            _original.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<UsageTap> OpenAsync(CancellationToken cancel)
    {
        var tap = new UsageTap(await _original.ReadAsStreamAsync(cancel), _reader, _time, _deadline);
        Tap = tap;
        return tap;
    }
}
