using System.Numerics;

namespace Gateway.Bench.Measure;

/// <summary>
/// Durations in nanoseconds, counted in buckets 0.8 % wide, so that recording neither allocates nor sorts.
/// Recording is safe from several threads.
/// </summary>
internal sealed class Histogram
{
    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits) * SubBuckets];

    public void Record(long nanoseconds) => Interlocked.Increment(ref _counts[IndexOf(Math.Max(0, nanoseconds))]);

    /// <summary>In microseconds; 0 when nothing was recorded.</summary>
    public double Percentile(double share)
    {
        var rank = (long)Math.Ceiling(_counts.Sum() * share);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
            {
                return MiddleOf(i) / 1000d;
            }
        }

        return 0;
    }

    // Below SubBuckets a value is its own bucket; above, its highest bits choose one.
    private static int IndexOf(long value)
    {
        if (value < SubBuckets)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - SubBucketBits;
        return ((shift + 1) * SubBuckets) + (int)(value >> shift) - SubBuckets;
    }

    private static double MiddleOf(int index)
    {
        var shift = (index / SubBuckets) - 1;
        return shift < 0 ? index : ((index % SubBuckets) + SubBuckets + 0.5) * (1L << shift);
    }
}
