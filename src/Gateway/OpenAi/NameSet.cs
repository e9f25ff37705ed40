using System.Buffers.Binary;

namespace Gateway.OpenAi;

/// <summary>
/// The names met so far in one JSON object, kept as 64-bit hashes. Equal names always meet; two different ones meet by
/// chance once in 10^15 bodies of a hundred fields, and who makes them meet on purpose has only his own request refused.
/// So neither the names need to be kept nor the hash to be keyed.
/// </summary>
internal ref struct NameSet(Span<ulong> initial)
{
    /// <summary>More names than this are refused: no caller has them, and the search below is linear (about 1 ms in all at this bound).</summary>
    public const int MaxNames = 4096;

    private Span<ulong> _hashes = initial;
    private int _count;

    public readonly bool IsFull => _count == MaxNames;

    /// <summary>False when the name was there already.</summary>
    public bool Add(scoped ReadOnlySpan<byte> name)
    {
        var hash = Hash(name);
        if (_hashes[.._count].Contains(hash))
        {
            return false;
        }

        if (_count == _hashes.Length)
        {
            var larger = new ulong[_hashes.Length * 2];
            _hashes.CopyTo(larger);
            _hashes = larger;
        }

        _hashes[_count++] = hash;
        return true;
    }

    private static ulong Hash(scoped ReadOnlySpan<byte> name)
    {
        var hash = (ulong)name.Length;
        while (name.Length >= sizeof(ulong))
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(name));
            name = name[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (var b in name)
        {
            rest = (rest << 8) | b;
        }

        return Mix(hash, rest);
    }

    private static ulong Mix(ulong hash, ulong word)
    {
        hash = (hash ^ word) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 32);
    }
}
