namespace Gateway.Quotas;

/// <summary>
/// Keeps callers from queueing at a Redis that does not answer: after several failures in a row within a second nobody asks for half a second,
/// then one does, and its success opens the way.
/// </summary>
internal sealed class RedisBreaker(TimeProvider time)
{
    private const int Failures = 5;
    private static readonly long Within = TimeSpan.FromSeconds(1).Ticks;
    private static readonly long Rest = TimeSpan.FromMilliseconds(500).Ticks;

    private long _firstFailure;
    private long _closedUntil;
    private int _failures;

    /// <summary>Whether to ask. While closed one caller in each half second may.</summary>
    public bool MayAsk()
    {
        var until = Volatile.Read(ref _closedUntil);
        if (until == 0)
        {
            return true;
        }

        var now = Now;
        return now >= until && Interlocked.CompareExchange(ref _closedUntil, now + Rest, until) == until;
    }

    public void Answered()
    {
        // Read first: writing would share the line among all callers.
        if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
            Volatile.Write(ref _closedUntil, 0);
        }
    }

    public void Failed()
    {
        var now = Now;
        if (Volatile.Read(ref _failures) == 0 || now - Volatile.Read(ref _firstFailure) > Within)
        {
            Volatile.Write(ref _firstFailure, now);
            Volatile.Write(ref _failures, 0);
        }

        if (Interlocked.Increment(ref _failures) >= Failures)
        {
            Volatile.Write(ref _closedUntil, now + Rest);
        }
    }

    private long Now => time.GetUtcNow().UtcTicks;
}
