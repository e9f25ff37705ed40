using System.Buffers;
using System.Text;

namespace Gateway.Tokens;

/// <summary>Where UTF-8 may be cut without cutting a character.</summary>
internal static class Utf8Text
{
    /// <summary>The length without a character that has begun at the end and is not complete.</summary>
    public static int WholeLength(ReadOnlySpan<byte> utf8)
    {
        for (var back = 1; back <= Math.Min(3, utf8.Length); back++)
        {
            if (Rune.DecodeFromUtf8(utf8[^back..], out _, out var length) == OperationStatus.NeedMoreData && length == back)
            {
                return utf8.Length - back;
            }
        }

        return utf8.Length;
    }
}
