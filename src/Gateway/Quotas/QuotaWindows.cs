namespace Gateway.Quotas;

/// <summary>
/// Lengths of windows, in milliseconds; the same as in quota.lua.
/// A rolling window is counted in buckets, and a limit spans one bucket more than its length: any interval of that length
/// touches at most as many buckets, so none holds more than the limit. A bucket leaves a period after its last charge: who is
/// refused never waits longer than a period, and a charge is remembered less than one bucket too long. With 60 buckets that
/// is at most 1.6 % of sustained throughput; the cost per call does not grow with their number, since a running sum is kept,
/// so there is no reason for fewer.
/// </summary>
internal static class QuotaWindows
{
    /// <summary>How long a reservation that ended is remembered, and a calendar window that is over.</summary>
    public const long Retention = 900_000;

    /// <summary>How far a clock may step back and be overruled by the latest time seen; beyond it the counters must be rebuilt.</summary>
    public const long MaxStepBack = 60_000;

    public static bool IsRolling(LimitPeriod per) => per is LimitPeriod.Minute or LimitPeriod.Hour;

    public static bool IsCalendar(LimitPeriod per) => per is LimitPeriod.Day or LimitPeriod.Month;

    public static long PeriodOf(LimitPeriod per) => per == LimitPeriod.Minute ? 60_000 : 3_600_000;

    public static long BucketLengthOf(LimitPeriod per) => per == LimitPeriod.Minute ? 1_000 : 60_000;

    /// <summary>The start of the bucket that a rolling limit charges at this instant.</summary>
    public static long BucketOf(LimitPeriod per, long unixMilliseconds) => unixMilliseconds - (unixMilliseconds % BucketLengthOf(per));
}
