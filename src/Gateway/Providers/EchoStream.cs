namespace Gateway.Providers;

/// <summary>
/// An answer as a stream that makes its next part only when it is read for: nothing runs ahead of the reader, and nothing runs
/// on when the reader goes away.
/// </summary>
internal sealed class EchoStream : Stream
{
    private readonly IDisposable _body;
    private readonly CancellationTokenSource _abort = new();
    private readonly IAsyncEnumerator<ReadOnlyMemory<byte>> _parts;
    private ReadOnlyMemory<byte> _part;
    private bool _making;
    private bool _ended;

    /// <param name="parts">The answer; each part is valid until the next.</param>
    /// <param name="body">The request's body, which the answer is made from; given back with this stream.</param>
    public EchoStream(IAsyncEnumerable<ReadOnlyMemory<byte>> parts, IDisposable body)
    {
        _body = body;
        _parts = parts.GetAsyncEnumerator(_abort.Token);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>At most one part a read; an empty read waits until there is something to read.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_part.IsEmpty && !_ended)
        {
            _ended = !await MakeNextAsync(cancellationToken);
            _part = _ended ? default : _parts.Current;
        }

        var length = Math.Min(buffer.Length, _part.Length);
        _part.Span[..length].CopyTo(buffer.Span);
        _part = _part[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("An echo is only read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended)
        {
            _ended = true;
            _abort.Cancel();
        }

        // While a part is being made the body is being read: then it is left to the garbage collector.
        if (disposing && !_making)
        {
            _ = _parts.DisposeAsync().AsTask();
            _body.Dispose();
            _abort.Dispose();
        }

        _part = default;
        base.Dispose(disposing);
    }

    private async ValueTask<bool> MakeNextAsync(CancellationToken cancel)
    {
        _making = true;
        try
        {
            var next = _parts.MoveNextAsync();
            if (next.IsCompleted)
            {
                return await next;
            }

            await using var registration = cancel.UnsafeRegister(static abort => ((CancellationTokenSource?)abort)?.Cancel(), _abort);
            return await next;
        }
        finally
        {
            _making = false;
        }
    }
}
