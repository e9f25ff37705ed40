namespace Gateway.Bench.Http;

/// <summary>Takes a message's body as it arrives, freed of its chunked framing.</summary>
internal interface IBodySink
{
    void Accept(ReadOnlySpan<byte> bytes);
}
