using System.Buffers;

namespace Gateway.OpenAi;

/// <summary>
/// Bytes gathered in a pooled array. An empty one holds no array, so that a stream between two events costs no memory.
/// A mutable struct: keep it in a field, never copy it.
/// </summary>
internal struct PooledBytes
{
    private const int Smallest = 2048;
    private byte[]? _array;
    private int _count;

    public readonly int Count => _count;

    public readonly ReadOnlySpan<byte> Span => _array.AsSpan(0, _count);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (_array is null || _array.Length - _count < bytes.Length)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(_array.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Forgets the bytes and gives the array back.</summary>
    public void Clear()
    {
        var array = _array;
        _array = null;
        _count = 0;
        if (array is not null)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Grow(int more)
    {
        var needed = checked(_count + more);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Smallest, (int)Math.Max(needed, Math.Min(2L * _count, Array.MaxLength))));
        Span.CopyTo(larger);
        if (_array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
