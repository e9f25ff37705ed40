using Gateway.Bench.Http;

namespace Gateway.Bench.Mock;

/// <summary>One connection's copy of the event, stamped anew for each sending.</summary>
/// <param name="before">What goes out in the same packet before it.</param>
internal sealed class EventChunk(ReadOnlyMemory<byte> before)
{
    private readonly byte[] _bytes = [.. before.Span, .. BenchEvent.Chunk.Span];

    public ReadOnlyMemory<byte> Stamped()
    {
        BenchEvent.Stamp(_bytes.AsSpan(before.Length + BenchEvent.StampOffset));
        return _bytes;
    }
}
