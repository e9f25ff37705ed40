namespace Gateway.Proxy;

/// <summary>Reads an upload with at most one value replaced. Every other byte is the caller's.</summary>
/// <param name="body">Outlives this stream.</param>
/// <param name="start">Where the value begins that is replaced.</param>
/// <param name="removed">How many bytes it has.</param>
/// <param name="inserted">What stands there instead.</param>
internal sealed class SpooledBodyStream(SpooledBody body, long start, int removed, ReadOnlyMemory<byte> inserted) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => body.Length - removed + inserted.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var read = 0;
        if (_position < start)
        {
            read = await body.ReadAsync(_position, buffer[..(int)Math.Min(buffer.Length, start - _position)], cancellationToken);
        }
        else if (_position < start + inserted.Length)
        {
            var rest = inserted[(int)(_position - start)..];
            read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
        }
        else
        {
            read = await body.ReadAsync(_position - inserted.Length + removed, buffer, cancellationToken);
        }

        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Uploads are only read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
