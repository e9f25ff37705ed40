using Microsoft.Win32.SafeHandles;

namespace Gateway.Storage;

/// <summary>One file of the <see cref="ReservationLog"/>. Lines are appended by any thread, without a lock; it can be deleted once no running call has a line in it.</summary>
internal sealed class ReservationFile : IDisposable
{
    /// <summary>Instead of a number of lines: nobody may add one any more.</summary>
    private const int Retired = int.MinValue;

    private readonly SafeFileHandle _file;
    private long _length;
    private int _lines;
    private int _isUnsynced;

    public ReservationFile(string path, long epoch)
    {
        (Path, Epoch) = (path, epoch);
        DataDirectory.OpenOwnerOnly(path, FileMode.Create).Dispose();
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    }

    public string Path { get; }

    /// <summary>Of all its lines.</summary>
    public long Epoch { get; }

    /// <summary>Bytes.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>Announces the line of a call that runs from now on.</summary>
    /// <returns>False where the file is about to be deleted.</returns>
    public bool TryEnter()
    {
        for (var lines = Volatile.Read(ref _lines); lines >= 0;)
        {
            var seen = Interlocked.CompareExchange(ref _lines, lines + 1, lines);
            if (seen == lines)
            {
                return true;
            }

            lines = seen;
        }

        return false;
    }

    /// <summary>The call is over, or its reservation is elsewhere.</summary>
    public void Leave() => Interlocked.Decrement(ref _lines);

    /// <summary>Closes it to further lines, if no call that runs has one.</summary>
    public bool TryRetire() => Interlocked.CompareExchange(ref _lines, Retired, 0) == 0;

    /// <exception cref="IOException">The disk is full or failed: of these bytes some may be there.</exception>
    /// <exception cref="ObjectDisposedException">It was closed meanwhile.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        RandomAccess.Write(_file, lines, Interlocked.Add(ref _length, lines.Length) - lines.Length);
        Volatile.Write(ref _isUnsynced, 1);
    }

    /// <summary>Has the disk take what is in the system's cache.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Sync()
    {
        // First: what is appended meanwhile is for the next time.
        if (Interlocked.Exchange(ref _isUnsynced, 0) == 1)
        {
            RandomAccess.FlushToDisk(_file);
        }
    }

    public void Dispose() => _file.Dispose();
}
