using System.Buffers.Binary;

namespace Gateway.Tokens;

/// <summary>How long an uploaded audio file is, by its size and its first bytes: before a call as a bound, after it only where the provider does not tell.</summary>
internal static class AudioLength
{
    /// <summary>6 kbit/s, the least that Opus (the thriftiest of the formats that this API takes) is made with.</summary>
    public const int LeastBytesPerSecond = 750;

    /// <summary>Tokens that OpenAI's transcribing models count for a second of audio.</summary>
    public const int TokensPerSecond = 10;

    /// <summary>In bits a second times 1,000: MPEG 1 layer III by the index in its frames' heads.</summary>
    private static ReadOnlySpan<int> Mpeg1Rates => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];

    /// <summary>The same for MPEG 2 and 2.5.</summary>
    private static ReadOnlySpan<int> Mpeg2Rates => [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];

    /// <summary>The longest that it can be: exact for WAV without compression, else its bytes at the least rate.</summary>
    public static TimeSpan Bound(long bytes, ReadOnlySpan<byte> head) => At(bytes, WavRate(head) ?? LeastBytesPerSecond);

    /// <summary>About how long it is. An MP3's first frame tells its rate; what is not known is taken for as long as it can be.</summary>
    public static TimeSpan Estimate(long bytes, ReadOnlySpan<byte> head) => At(bytes, WavRate(head) ?? Mp3Rate(head) ?? LeastBytesPerSecond);

    private static TimeSpan At(long bytes, int bytesPerSecond) => TimeSpan.FromTicks((long)Math.Ceiling(bytes * (double)TimeSpan.TicksPerSecond / bytesPerSecond));

    /// <summary>Only where the header agrees with itself: one that says more bytes a second than its samples have would make the bound too small.</summary>
    private static int? WavRate(ReadOnlySpan<byte> head)
    {
        if (head.Length < 36 || !head.StartsWith("RIFF"u8) || !head[8..].StartsWith("WAVEfmt "u8) || BinaryPrimitives.ReadUInt16LittleEndian(head[20..]) != 1)
        {
            return null;
        }

        long channels = BinaryPrimitives.ReadUInt16LittleEndian(head[22..]);
        long samples = BinaryPrimitives.ReadUInt32LittleEndian(head[24..]);
        long rate = BinaryPrimitives.ReadUInt32LittleEndian(head[28..]);
        long bits = BinaryPrimitives.ReadUInt16LittleEndian(head[34..]);
        return rate == samples * channels * bits / 8 && samples is >= 4_000 and <= 192_000 && channels is 1 or 2 && bits is 8 or 16 or 24 or 32 ? (int)rate : null;
    }

    private static int? Mp3Rate(ReadOnlySpan<byte> head)
    {
        if (head.Length < 4 || head[0] != 0xFF || (head[1] & 0xE6) != 0xE2)
        {
            return null;
        }

        var kilobits = ((head[1] & 0x18) == 0x18 ? Mpeg1Rates : Mpeg2Rates)[head[2] >> 4];
        return kilobits == 0 ? null : kilobits * 1000 / 8;
    }
}
