using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Storage;

/// <summary>
/// Makes requests' ids. They need to be unique, not secret: the random part is drawn once a process from the system, and each id takes the
/// next number of a sequence that looks random and repeats after 2^64. Asking the system for every id cost a hundredth of a call.
/// </summary>
internal sealed class RequestIds(TimeProvider time)
{
    private const string Prefix = "req_";

    private readonly ulong _process = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private ulong _last = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    public RequestId Next()
    {
        var next = Mix(Interlocked.Add(ref _last, 0x9E37_79B9_7F4A_7C15));
        Span<byte> uuid = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(uuid, time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        BinaryPrimitives.WriteUInt16BigEndian(uuid[6..], (ushort)((_process & 0x0FFF) | 0x7000)); // version 7
        BinaryPrimitives.WriteUInt64BigEndian(uuid[8..], next);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80); // RFC 9562's variant
        Span<char> text = stackalloc char[Prefix.Length + 32];
        Prefix.CopyTo(text);
        Convert.TryToHexStringLower(uuid, text[Prefix.Length..], out _);
        return new(new string(text));
    }

    /// <summary>SplitMix64's last step (Steele, Lea and Flood, 2014): one to one, so no two numbers of the sequence meet.</summary>
    private static ulong Mix(ulong number)
    {
        number = (number ^ (number >> 30)) * 0xBF58_476D_1CE4_E5B9;
        number = (number ^ (number >> 27)) * 0x94D0_49BB_1331_11EB;
        return number ^ (number >> 31);
    }
}
