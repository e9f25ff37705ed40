namespace Gateway.Proxy;

/// <summary>An upload's bytes, in memory while they are few, else in a file. Written once, then read as often as it is sent.</summary>
/// <param name="memoryBytes">What may be kept in memory.</param>
/// <param name="openFile">Opens the file for what is more.</param>
internal sealed class SpooledBody(int memoryBytes, Func<FileStream> openFile) : IAsyncDisposable
{
    private MemoryStream? _memory = new();
    private FileStream? _file;

    public long Length { get; private set; }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        if (_file is null && Length + bytes.Length > memoryBytes)
        {
            _file = openFile();
            if (_memory is { } memory)
            {
                await _file.WriteAsync(memory.GetBuffer().AsMemory(0, (int)memory.Length), cancel);
                _memory = null;
            }
        }

        if (_file is { } file)
        {
            await file.WriteAsync(bytes, cancel);
        }
        else if (_memory is { } memory)
        {
            await memory.WriteAsync(bytes, cancel);
        }

        Length += bytes.Length;
    }

    /// <summary>Copies bytes from a place into the buffer. Never past the end of what was written.</summary>
    public async ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancel)
    {
        if (_file is { } file)
        {
            return await RandomAccess.ReadAsync(file.SafeFileHandle, buffer, position, cancel);
        }

        var all = _memory is { } memory ? memory.GetBuffer().AsMemory(0, (int)memory.Length) : default;
        var rest = all[(int)Math.Min(position, all.Length)..];
        var taken = Math.Min(rest.Length, buffer.Length);
        rest[..taken].CopyTo(buffer);
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is { } file)
        {
            await file.DisposeAsync();
        }

        _memory = null;
    }
}
