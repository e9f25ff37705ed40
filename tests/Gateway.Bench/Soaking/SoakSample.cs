namespace Gateway.Bench.Soaking;

/// <summary>What was seen of the gateway at one moment.</summary>
internal sealed record SoakSample(long MemoryBytes, long HeapBytes, long Handles, long Threads, long OpenStreams, long ReservedTokens, long QueuedRows, long DriftTokens);
