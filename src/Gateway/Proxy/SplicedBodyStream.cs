namespace Gateway.Proxy;

/// <summary>Reads a body with its edits applied, straight from the caller's bytes. Never waits.</summary>
internal sealed class SplicedBodyStream(ReadOnlyMemory<byte> body, BodyEdit[] edits) : Stream
{
    private int _bodyAt;
    private int _edit;
    private int _insertedAt;
    private bool _disposed;

    public override bool CanRead => !_disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var written = 0;
        while (written < buffer.Length)
        {
            var chunk = Peek();
            if (chunk.IsEmpty)
            {
                break;
            }

            var taken = Math.Min(chunk.Length, buffer.Length - written);
            chunk.Span[..taken].CopyTo(buffer[written..]);
            Advance(taken);
            written += taken;
        }

        return written;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : new ValueTask<int>(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void CopyTo(Stream destination, int bufferSize)
    {
        ValidateCopyToArguments(destination, bufferSize);
        for (var chunk = Next(); !chunk.IsEmpty; chunk = Next())
        {
            destination.Write(chunk.Span);
        }
    }

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        for (var chunk = Next(); !chunk.IsEmpty; chunk = Next())
        {
            await destination.WriteAsync(chunk, cancellationToken);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }

    private ReadOnlyMemory<byte> Next()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var chunk = Peek();
        Advance(chunk.Length);
        return chunk;
    }

    /// <summary>What comes next, in one piece: up to the next edit, or the rest of what that one puts in. Empty only at the end.</summary>
    private ReadOnlyMemory<byte> Peek()
    {
        while (_edit < edits.Length)
        {
            var (removed, inserted) = edits[_edit];
            if (_bodyAt < removed.Start)
            {
                return body[_bodyAt..removed.Start];
            }

            if (_insertedAt < inserted.Length)
            {
                return inserted[_insertedAt..];
            }

            _bodyAt = removed.End;
            _insertedAt = 0;
            _edit++;
        }

        return body[_bodyAt..];
    }

    private void Advance(int count)
    {
        if (_edit < edits.Length && _bodyAt == edits[_edit].Removed.Start)
        {
            _insertedAt += count;
        }
        else
        {
            _bodyAt += count;
        }
    }
}
