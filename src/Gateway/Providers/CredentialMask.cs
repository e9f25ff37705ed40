using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Providers;

/// <summary>
/// Takes credentials out of what an upstream says: the provider's own, whole or in pieces, in the shortened form that upstreams
/// like to quote (<c>sk-abc***wxyz</c>), and whatever looks like a key (<c>sk-</c> and at least 17 more characters).
/// </summary>
internal sealed class CredentialMask
{
    /// <summary>Shorter values are placeholders such as <c>none</c>, not credentials, and would maim ordinary words.</summary>
    private const int ShortestSecret = 6;

    /// <summary>A piece this long is no coincidence.</summary>
    private const int ShortestPiece = 12;

    private const int ShortestKeyLike = 20;
    private const int Window = sizeof(ulong);

    private readonly byte[][] _secrets;

    /// <summary>Every 8 bytes in a row of every secret: one look per position tells that no piece begins there.</summary>
    private readonly HashSet<ulong> _windows = [];

    public CredentialMask(IEnumerable<string> secrets)
    {
        _secrets = [.. secrets.Where(secret => secret.Length >= ShortestSecret).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];
        foreach (byte[] secret in _secrets)
        {
            for (int i = 0; i + Window <= secret.Length; i++)
            {
                _windows.Add(MemoryMarshal.Read<ulong>(secret.AsSpan(i)));
            }
        }
    }

    /// <summary>The same text with every credential as <c>***</c>; the very same memory where there is none.</summary>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> text)
    {
        ReadOnlySpan<byte> bytes = text.Span;
        List<byte>? masked = null;
        int copied = 0;
        for (int i = 0; i < bytes.Length;)
        {
            int length = CredentialAt(bytes, i);
            if (length == 0)
            {
                i++;
                continue;
            }

            masked ??= new List<byte>(bytes.Length);
            masked.AddRange(bytes[copied..i]);
            masked.AddRange("***"u8);
            i += length;
            copied = i;
        }

        if (masked is null)
        {
            return text;
        }

        masked.AddRange(bytes[copied..]);
        return masked.ToArray();
    }

    private int CredentialAt(ReadOnlySpan<byte> text, int at)
    {
        // A token such as "sk-abcdefghijkl***wxyz" begins with a piece and must go as a whole.
        bool beginsToken = at == 0 || !IsTokenByte(text[at - 1]);
        return Math.Max(PieceAt(text[at..]), beginsToken ? TokenAt(text[at..]) : 0);
    }

    /// <summary>The length of the longest piece of a secret that the text begins with, if it is long enough to be one.</summary>
    private int PieceAt(ReadOnlySpan<byte> text)
    {
        int longest = 0;
        bool mayHoldPiece = text.Length >= Window && _windows.Contains(MemoryMarshal.Read<ulong>(text));
        foreach (byte[] secret in _secrets)
        {
            if (text.StartsWith(secret))
            {
                longest = Math.Max(longest, secret.Length);
            }
            else if (mayHoldPiece)
            {
                for (int i = 0; i + ShortestPiece <= secret.Length; i++)
                {
                    int common = text.CommonPrefixLength(secret.AsSpan(i));
                    longest = common >= ShortestPiece ? Math.Max(longest, common) : longest;
                }
            }
        }

        return longest;
    }

    /// <summary>The length of the token that the text begins with, if it looks like a key or like a shortened secret.</summary>
    private int TokenAt(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (length < text.Length && IsTokenByte(text[length]))
        {
            length++;
        }

        ReadOnlySpan<byte> token = text[..length].TrimEnd((byte)'.');
        if (token.IsEmpty)
        {
            return 0;
        }

        bool keyLike = token.StartsWith("sk-"u8) && (token.Length >= ShortestKeyLike || token.IndexOf("**"u8) >= 0 || token.IndexOf(".."u8) >= 0);
        return keyLike || IsShortenedSecret(token) ? token.Length : 0;
    }

    private bool IsShortenedSecret(ReadOnlySpan<byte> token)
    {
        int gap = token.IndexOf("**"u8);
        gap = gap < 0 ? token.IndexOf(".."u8) : gap;
        if (gap < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> head = token[..gap];
        ReadOnlySpan<byte> tail = token[gap..].TrimStart("*."u8);
        foreach (byte[] secret in _secrets)
        {
            if ((head.Length >= 2 && secret.AsSpan().StartsWith(head)) || (tail.Length >= 2 && secret.AsSpan().EndsWith(tail)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsTokenByte(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'_' or (byte)'*' or (byte)'.';
}
