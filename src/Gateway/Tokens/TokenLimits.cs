namespace Gateway.Tokens;

/// <summary>What bounds the work and the memory of counting. Measured on the machine of docs/benchmarks.md with SharpToken 2.0.6.</summary>
internal sealed record TokenLimits
{
    public static readonly TokenLimits Default = new();

    /// <summary>Bytes of text that one count tokenizes; what is beyond is estimated at the rate of what was counted. Default 1 MiB, about 40 ms of prose.</summary>
    public long MaxExactBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Longest stretch without a certain boundary, in characters, that is counted without asking what it costs. Default 128,
    /// about 25 µs at worst: longer than any word, and short enough for the quadratic merge not to show.
    /// </summary>
    public int MaxFreeRun { get; init; } = 128;

    /// <summary>
    /// What the stretches longer than that may cost together in one count, as the sum of their squared bytes. Default 2^25,
    /// about 25 ms: one run of 5,700 letters, or 500 of 256. When it is spent, runs are cut every <see cref="RunCut"/> characters.
    /// </summary>
    public long MaxRunWork { get; init; } = 1 << 25;

    /// <summary>Where a run is cut that may not be merged whole, in characters. Default 64: the merge is still linear there, and equal pieces are counted once.</summary>
    public int RunCut { get; init; } = 64;

    /// <summary>Counts that may wait. Default 4,096.</summary>
    public int MaxWaitingCounts { get; init; } = 4096;

    /// <summary>Bytes of text that may wait, over all counts. Default 32 MiB, about a second's work.</summary>
    public long MaxWaitingBytes { get; init; } = 32L << 20;

    /// <summary>Threads that count. Default half the processors, at most 2: counting must leave the requests room.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 2);

    /// <summary>Bytes taken for one token where nothing could be counted. Default 3: errs high for prose and code, is about right for other scripts.</summary>
    public int EstimatedBytesPerToken { get; init; } = 3;
}
