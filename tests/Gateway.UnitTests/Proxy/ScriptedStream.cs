namespace Gateway.UnitTests.Proxy;

/// <summary>An upstream's stream that hands out exactly the given pieces, then ends or fails. Zero-byte reads complete at once and are counted.</summary>
internal sealed class ScriptedStream(IEnumerable<ReadOnlyMemory<byte>> pieces, Exception? failure = null, bool yields = false) : Stream
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> _pieces = pieces.GetEnumerator();
    private ReadOnlyMemory<byte> _piece;

    public int Reads { get; private set; }

    public int ZeroByteReads { get; private set; }

    public bool IsDisposed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        yields ? ReadLaterAsync(buffer, cancellationToken) : ReadNow(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        _pieces.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadLaterAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        await Task.Yield();
        return await ReadNow(buffer, cancel);
    }

    private ValueTask<int> ReadNow(Memory<byte> buffer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
        {
            ZeroByteReads++;
            return new ValueTask<int>(0);
        }

        Reads++;
        while (_piece.IsEmpty)
        {
            if (!_pieces.MoveNext())
            {
                return failure is null ? new ValueTask<int>(0) : ValueTask.FromException<int>(failure);
            }

            _piece = _pieces.Current;
        }

        var count = Math.Min(_piece.Length, buffer.Length);
        _piece[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return new ValueTask<int>(count);
    }
}
