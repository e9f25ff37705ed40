namespace Gateway.Quotas;

/// <summary>One limit in the middle of a step: its counter, its current window and what it says.</summary>
internal struct LimitStanding
{
    public Limit Limit;
    public LimitCounter Counter;
    public long Window;

    /// <summary>When the window may be forgotten, in Unix milliseconds; 0: never.</summary>
    public long ForgetAt;

    /// <summary>Milliseconds; -1: never.</summary>
    public long ResetsIn;
    public long Counted;
    public long Amount;
    public LimitVerdict Verdict;

    /// <summary>Spent and reserved would no longer be a number that counters can hold.</summary>
    public readonly bool Overflows => Counted + Amount > Limit.MaxAmount;

    public readonly LimitVerdict Judge()
    {
        if (Overflows)
        {
            return LimitVerdict.Refused;
        }

        var over = Limit.Amount == 0 || Counted + Amount > Limit.Amount;
        return Limit.Mode switch
        {
            LimitMode.Hard => over ? LimitVerdict.Refused : LimitVerdict.Within,
            LimitMode.Soft => Counted >= Limit.Amount ? LimitVerdict.Refused : LimitVerdict.Within,
            _ => over ? LimitVerdict.WouldRefuse : LimitVerdict.Within,
        };
    }

    /// <summary>Milliseconds after which a limit that refused may admit the same again; -1: waiting does not help.</summary>
    public readonly long Wait(long now)
    {
        if (Limit.Amount == 0 || Limit.Per == LimitPeriod.Total || Overflows || (Limit.Mode == LimitMode.Hard && Amount > Limit.Amount))
        {
            return -1;
        }

        if (Limit.Per == LimitPeriod.None)
        {
            return 1000;
        }

        if (QuotaWindows.IsCalendar(Limit.Per))
        {
            return ResetsIn;
        }

        var need = Limit.Mode == LimitMode.Soft ? Counted - Limit.Amount + 1 : Counted + Amount - Limit.Amount;
        return Counter.WaitFor(Limit.Per, need, Window, now);
    }

    public readonly LimitFigure Figure(long now)
    {
        var reserved = Limit.Per == LimitPeriod.None ? Counted : Math.Min(Counter.Held, Counted);
        DateTimeOffset? resets = ResetsIn < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(now + ResetsIn);
        return new(Limit, Verdict, Counted, reserved, Window, resets);
    }
}
