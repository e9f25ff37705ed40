namespace Gateway.Providers;

/// <summary>Cuts a JSON string's inside into words without undoing its escapes: what goes out is what came in.</summary>
internal static class EchoText
{
    /// <summary>A word longer than this, in bytes of JSON, goes out in parts. Default 4 KiB.</summary>
    private const int MaxPieceBytes = 4096;

    /// <summary>
    /// The length of the next piece: a word with the space before it. At most <paramref name="maxUnits"/> UTF-16 units long when
    /// unescaped, which it lowers by what it took.
    /// </summary>
    public static int NextPiece(ReadOnlySpan<byte> json, ref long maxUnits)
    {
        var length = 0;
        while (length < json.Length)
        {
            var first = json[length];
            var spaceAfterWord = first == (byte)' ' && length > 0 && json[length - 1] != (byte)' ';
            if (spaceAfterWord || (length >= MaxPieceBytes && !IsLowSurrogate(json[length..])))
            {
                break;
            }

            var (bytes, units) = Step(json[length..]);
            if (units > maxUnits)
            {
                break;
            }

            maxUnits -= units;
            length += bytes;
        }

        return length;
    }

    private static (int Bytes, int Units) Step(ReadOnlySpan<byte> json)
    {
        var (bytes, units) = json[0] switch
        {
            (byte)'\\' => (json.Length > 1 && json[1] == (byte)'u' ? 6 : 2, 1),
            >= 0xF0 => (4, 2),
            >= 0xE0 => (3, 1),
            >= 0xC0 => (2, 1),
            _ => (1, 1),
        };
        return (Math.Min(bytes, json.Length), units);
    }

    private static bool IsLowSurrogate(ReadOnlySpan<byte> json) =>
        json.Length >= 4 && json[0] == (byte)'\\' && json[1] == (byte)'u'
        && (json[2] | 0x20) == 'd' && (json[3] | 0x20) is >= 'c' and <= 'f';
}
