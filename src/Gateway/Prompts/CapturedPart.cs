using System.Buffers;

namespace Gateway.Prompts;

/// <summary>The text of one choice's one channel as it came, in a pooled buffer.</summary>
internal sealed class CapturedPart(int choice, int channel) : IDisposable
{
    private const int FirstBytes = 256;

    private byte[] _bytes = [];

    public int Choice => choice;

    /// <summary>One of the answer's channels, see <see cref="OpenAi.AnswerChannel"/>.</summary>
    public int Channel => channel;

    public int Length { get; private set; }

    /// <summary>Whether there was more of it than was kept.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The bytes of memory that it holds.</summary>
    public int Size => _bytes.Length;

    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, Length);

    public bool Is(int otherChoice, int otherChannel) => choice == otherChoice && channel == otherChannel;

    /// <returns>How much of it was kept: at most <paramref name="room"/> bytes.</returns>
    public int Append(ReadOnlySpan<byte> utf8, int room)
    {
        IsCut |= utf8.Length > room;
        utf8 = utf8[..Math.Min(utf8.Length, room)];
        if (_bytes.Length - Length < utf8.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(Length + utf8.Length, 2 * _bytes.Length)));
            Text.CopyTo(larger);
            Dispose();
            _bytes = larger;
        }

        utf8.CopyTo(_bytes.AsSpan(Length));
        Length += utf8.Length;
        return utf8.Length;
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
