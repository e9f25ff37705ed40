namespace Gateway.Quotas;

/// <summary>What the ledger shows as charged to one limit in one window.</summary>
/// <param name="LimitId">The limit.</param>
/// <param name="Per">Its window's kind.</param>
/// <param name="Window">The window's start: a rolling limit's bucket (<see cref="QuotaWindows.BucketOf"/>) or a calendar window's start, in Unix milliseconds; 0 for total.</param>
/// <param name="WindowEnd">A calendar window's end, in Unix milliseconds; else ignored.</param>
/// <param name="Counted">Spent and reserved.</param>
internal readonly record struct CounterSnapshot(string LimitId, LimitPeriod Per, long Window, long WindowEnd, long Counted)
{
    /// <summary>When the window need not be remembered any longer, in Unix milliseconds; 0: never.</summary>
    public long ForgetAt => Per switch
    {
        LimitPeriod.Minute or LimitPeriod.Hour => Window + QuotaWindows.PeriodOf(Per) + QuotaWindows.BucketLengthOf(Per),
        LimitPeriod.Day or LimitPeriod.Month => WindowEnd + QuotaWindows.Retention,
        _ => 0,
    };
}
