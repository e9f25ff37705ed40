namespace Gateway.Quotas;

/// <summary>Something that is due at a time: a lease's or a retention's end (<paramref name="Counter"/> null), or a window to forget.</summary>
/// <param name="At">Unix milliseconds; <see cref="EmbeddedShard.ExpiredOffset"/> more for what awaits reconciling.</param>
/// <param name="Name">The reservation, or whose window it is. Orders items that are due at once, as a Redis sorted set does, and tells them apart; windows of one limit by their start.</param>
/// <param name="Counter">The counter whose window it is.</param>
/// <param name="Per">That window's kind.</param>
/// <param name="Window">That window's start.</param>
internal readonly record struct DueItem(long At, string Name, LimitCounter? Counter, LimitPeriod Per, long Window) : IComparable<DueItem>
{
    public int CompareTo(DueItem other)
    {
        var byTime = At.CompareTo(other.At);
        if (byTime != 0)
        {
            return byTime;
        }

        var byName = string.CompareOrdinal(Name, other.Name);
        return byName != 0 ? byName : Window.CompareTo(other.Window);
    }
}
