namespace Gateway.Quotas;

/// <summary>What one limit has counted, in this process. The fields are those of quota.lua's hash, and so are the steps.</summary>
/// <param name="id">The limit.</param>
internal sealed class LimitCounter(string id)
{
    private readonly List<(long Window, long ForgetAt)> _departed = [];

    /// <summary>What its windows are called in the schedule, up to their start: made once, since each call moves some of them.</summary>
    public string RollingName { get; } = $"b:{id}|";

    /// <inheritdoc cref="RollingName"/>
    public string CalendarName { get; } = $"w:{id}|";

    /// <summary>Spent and reserved by the start of the window; 0 for limits without windows.</summary>
    public Dictionary<long, long> Windows { get; } = [];

    /// <summary>Rolling limits: when each window may be forgotten, a period after its last charge, in Unix milliseconds.</summary>
    public Dictionary<long, long> ForgetAt { get; } = [];

    /// <summary>What held reservations have of it, whichever window they were taken in.</summary>
    public long Held { get; set; }

    /// <summary>Rolling limits: the sum over all windows that exist.</summary>
    public long Sum { get; set; }

    /// <summary>Rolling limits: no bucket older than this exists.</summary>
    public long? Oldest { get; set; }

    /// <summary>Subtracts the buckets that left the span ending with this one, and returns them to be taken off the schedule.</summary>
    public IReadOnlyList<(long Window, long ForgetAt)> Roll(LimitPeriod per, long currentBucket)
    {
        _departed.Clear();
        var period = QuotaWindows.PeriodOf(per);
        var length = QuotaWindows.BucketLengthOf(per);
        var first = currentBucket - period;
        if (Oldest >= first)
        {
            return _departed;
        }

        var from = Oldest ?? first;
        for (var window = from; window <= Math.Min(first - length, from + period); window += length)
        {
            if (Windows.Remove(window, out var spent))
            {
                Sum -= spent;
                ForgetAt.Remove(window, out var forgetAt);
                _departed.Add((window, forgetAt));
            }
        }

        Oldest = first;
        return _departed;
    }

    /// <summary>Rolling limits: a window that is charged stays for a period after that, while a calendar's stays for a time known from the start.</summary>
    public void Postpone(SortedSet<DueItem> schedule, DueItem window)
    {
        var isKnown = ForgetAt.TryGetValue(window.Window, out var before);
        if (isKnown && before == window.At)
        {
            return;
        }

        if (isKnown)
        {
            schedule.Remove(window with { At = before });
        }

        ForgetAt[window.Window] = window.At;
        schedule.Add(window);
    }

    public void Forget(LimitPeriod per, long window)
    {
        ForgetAt.Remove(window);
        if (Windows.Remove(window, out var spent) && QuotaWindows.IsRolling(per))
        {
            Sum -= spent;
        }
    }

    public void Move(LimitPeriod per, long window, long difference)
    {
        // A window that is gone stays gone: the charge belongs to the window in which it was reserved.
        if (difference == 0 || !Windows.TryGetValue(window, out var counted))
        {
            return;
        }

        Windows[window] = Math.Min(Limit.MaxAmount, counted + difference);
        if (QuotaWindows.IsRolling(per))
        {
            Sum = Math.Min(Limit.MaxAmount, Sum + difference);
        }
    }

    /// <summary>How long until enough buckets have left for <paramref name="need"/> to be free.</summary>
    public long WaitFor(LimitPeriod per, long need, long currentBucket, long now)
    {
        var period = QuotaWindows.PeriodOf(per);
        for (var window = currentBucket - period; window <= currentBucket; window += QuotaWindows.BucketLengthOf(per))
        {
            need -= Windows.GetValueOrDefault(window);
            if (need <= 0)
            {
                return ForgetAt.TryGetValue(window, out var leaves) ? Math.Max(0, leaves - now) : period;
            }
        }

        return period;
    }
}
