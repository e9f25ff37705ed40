using System.Buffers;

namespace Gateway.Tokens;

/// <summary>The text of one choice's one channel that is not yet given to be counted, in a pooled buffer.</summary>
internal sealed class AnswerPart(int choice, int channel)
{
    private const int FirstBytes = 1024;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, Length);

    public bool Is(int otherChoice, int otherChannel) => choice == otherChoice && channel == otherChannel;

    public void Append(ReadOnlySpan<byte> utf8)
    {
        if (_bytes.Length - Length < utf8.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(Length + utf8.Length, 2 * _bytes.Length)));
            Text.CopyTo(larger);
            Return();
            _bytes = larger;
        }

        utf8.CopyTo(_bytes.AsSpan(Length));
        Length += utf8.Length;
    }

    /// <summary>Takes the text's first bytes out of it, with their buffer, which the taker gives back to the pool. What is left stays.</summary>
    public byte[] Take(int length)
    {
        var taken = _bytes;
        var rest = Text[length..];
        _bytes = [];
        Length = 0;
        Append(rest);
        return taken;
    }

    public void Release()
    {
        Return();
        _bytes = [];
        Length = 0;
    }

    private void Return()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
