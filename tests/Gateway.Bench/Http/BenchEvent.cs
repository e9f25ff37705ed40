using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Bench.Http;

/// <summary>
/// The streamed event of the benchmark: the mock writes the moment of sending into its id, the load generator reads it back,
/// on the same machine's monotonic clock. Its length never varies, so that sending one is a copy and nineteen digits.
/// </summary>
internal static class BenchEvent
{
    public const int PerStream = 64;

    private const int StampDigits = 19;

    private static ReadOnlySpan<byte> Prefix => "data: {\"id\":\"chatcmpl-t"u8;

    /// <summary>One event in its HTTP chunk, the stamp still to be filled in.</summary>
    public static ReadOnlyMemory<byte> Chunk { get; } = CreateChunk();

    /// <summary>Where in <see cref="Chunk"/> the stamp begins.</summary>
    public static int StampOffset { get; } = Chunk.Span.IndexOf(Prefix) + Prefix.Length;

    public static void Stamp(Span<byte> place) =>
        Utf8Formatter.TryFormat(Stopwatch.GetTimestamp(), place[..StampDigits], out _, new('D', StampDigits));

    public static bool TryReadStamp(ReadOnlySpan<byte> line, out long stamp)
    {
        stamp = 0;
        return line.StartsWith(Prefix)
            && line.Length >= Prefix.Length + StampDigits
            && Utf8Parser.TryParse(line.Slice(Prefix.Length, StampDigits), out stamp, out _);
    }

    private static byte[] CreateChunk()
    {
        var text = Encoding.ASCII.GetString(Prefix) + new string('0', StampDigits)
            + """
            ","object":"chat.completion.chunk","created":1731000000,"model":"gpt-4o-2024-11-20","system_fingerprint":"fp_0ba0d124f1","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}
            """ + "\n\n";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n"));
    }
}
