using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Storage;

/// <summary>
/// The epoch that the last who raised it wrote into a file beside the database, eight bytes. Who appends a reservation without the database's lock looks at it
/// afterwards; who raises the epoch writes it before looking for reservations. So whichever comes first, one of the two sees the other.
/// </summary>
internal sealed class EpochMark(string directory) : IDisposable
{
    private const string Name = "reservations.epoch";

    private SafeFileHandle? _file;

    /// <summary>Whether the epoch is in force, as far as the file tells. No means: ask the database. Any thread may ask.</summary>
    public bool Shows(long epoch)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        return Volatile.Read(ref _file) is { } file && RandomAccess.Read(file, bytes, 0) == bytes.Length && BinaryPrimitives.ReadInt64LittleEndian(bytes) == epoch;
    }

    /// <summary>Writes it, under the database's write lock.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Write(long epoch)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, epoch);
        RandomAccess.Write(_file ?? Open(), bytes, 0);
    }

    public void Dispose() => _file?.Dispose();

    private SafeFileHandle Open()
    {
        var path = Path.Combine(directory, Name);
        DataDirectory.OpenOwnerOnly(path, FileMode.OpenOrCreate).Dispose();
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Volatile.Write(ref _file, file);
        return file;
    }
}
