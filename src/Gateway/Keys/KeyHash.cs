using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Keys;

/// <summary>
/// SHA-256 of a whole secret, as a value that needs no allocation to look up. A slow hash would protect nothing here, since a secret has
/// 256 random bits, and would let anyone burn the gateway's processor with wrong keys.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    public static KeyHash Of(ReadOnlySpan<char> secret)
    {
        if (secret.Length > KeySecret.MaxLength)
        {
            throw new ArgumentException("Only a well-formed secret is hashed.", nameof(secret));
        }

        Span<byte> bytes = stackalloc byte[KeySecret.MaxLength];
        var length = Encoding.ASCII.GetBytes(secret, bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return FromBytes(hash);
    }

    public static KeyHash FromBytes(ReadOnlySpan<byte> hash) => MemoryMarshal.Read<KeyHash>(hash);

    public byte[] ToBytes()
    {
        var bytes = new byte[SHA256.HashSizeInBytes];
        MemoryMarshal.Write(bytes, in this);
        return bytes;
    }

    /// <summary>Seeded per process: nobody can prepare keys that share a bucket.</summary>
    public override int GetHashCode() => HashCode.Combine(A, B);
}
