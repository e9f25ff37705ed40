namespace Gateway.Quotas;

/// <summary>
/// One shard's state machine in this process: what quota.lua is in Redis, step for step. Change one only with the other;
/// the differential test compares every answer and every counter. Not thread-safe: the store locks it.
/// </summary>
/// <param name="retention">How long a reservation that ended is remembered, so that repeats are known as such; in milliseconds.</param>
internal sealed class EmbeddedShard(long retention)
{
    /// <summary>Added to the due time of a reservation that expired and is not reconciled yet, so that it is never due.</summary>
    public const long ExpiredOffset = 1_000_000_000_000_000;

    private const int DuePerReserve = 8;
    private const int DuePerSweep = 20 * 64;
    private const int MaxListed = 500;

    private readonly Dictionary<string, LimitCounter> _counters = [];
    private readonly Dictionary<string, EmbeddedReservation> _reservations = [];
    private readonly SortedSet<DueItem> _schedule = [];
    private long? _epoch;
    private long? _building;
    private long _latest;

    /// <summary>What the store holds during each operation.</summary>
    public Lock Gate { get; } = new();

    public IReadOnlyDictionary<string, LimitCounter> Counters => _counters;

    public bool BeginRebuild(long epoch)
    {
        if ((_building ?? _epoch) >= epoch)
        {
            return false;
        }

        _counters.Clear();
        _reservations.Clear();
        _schedule.Clear();
        (_epoch, _building, _latest) = (null, epoch, 0);
        return true;
    }

    public bool Load(long epoch, QuotaSnapshot piece, long now)
    {
        if (_building != epoch)
        {
            return false;
        }

        foreach (var counter in piece.Counters)
        {
            LoadCounter(counter, now);
        }

        foreach (var reservation in piece.Reservations)
        {
            LoadReservation(reservation, now);
        }

        return true;
    }

    public bool Activate(long epoch)
    {
        if (_epoch == epoch)
        {
            return true;
        }

        if (_building != epoch)
        {
            return false;
        }

        (_epoch, _building) = (epoch, null);
        return true;
    }

    /// <summary>Null where this shard may answer for the epoch; <paramref name="now"/> is then never earlier than before.</summary>
    public StoreFailure? Fence(long epoch, ref long now)
    {
        if (_epoch != epoch)
        {
            return new(StoreFailureKind.OtherEpoch, _epoch, "The counters in this process are of another epoch.");
        }

        if (_latest - now > QuotaWindows.MaxStepBack)
        {
            return new(StoreFailureKind.ClockWentBack, null, "The system's clock stepped back.");
        }

        now = Math.Max(now, _latest);
        return null;
    }

    public ReserveAnswer Reserve(string reservation, long lease, IReadOnlyList<Limit> limits, Charge estimate, QuotaCalendar calendar, long now)
    {
        SweepDue(DuePerReserve, now);
        if (_reservations.TryGetValue(reservation, out var known))
        {
            return new ReserveAnswer.Duplicate(known.State);
        }

        var standings = Inspect(limits, calendar, now);
        var (refused, longest) = (false, 0L);
        foreach (ref var standing in standings.AsSpan())
        {
            standing.Amount = estimate.Of(standing.Limit.Unit);
            standing.Verdict = standing.Judge();
            if (standing.Verdict == LimitVerdict.Refused)
            {
                refused = true;
                var wait = standing.Wait(now);
                longest = wait < 0 || longest < 0 ? -1 : Math.Max(longest, wait);
            }
        }

        if (refused)
        {
            return new ReserveAnswer.Refused(Figures(standings, now), longest < 0 ? null : TimeSpan.FromMilliseconds(longest));
        }

        Charge(reservation, now + lease, standings);
        _latest = now;
        return new ReserveAnswer.Admitted(Figures(standings, now));
    }

    public IReadOnlyList<LimitFigure> Read(IReadOnlyList<Limit> limits, QuotaCalendar calendar, long now) => Figures(Inspect(limits, calendar, now), now);

    public EndAnswer Settle(string reservation, Charge spent, long now)
    {
        if (!_reservations.TryGetValue(reservation, out var known))
        {
            return new(EndResult.Unknown, ReservationState.Unknown);
        }

        var before = known.State;
        if (before == ReservationState.Settled)
        {
            return new(EndResult.Duplicate, before);
        }

        Move(known, ReservationState.Settled, charge => spent.Of(charge.Unit));
        Reschedule(reservation, known, now + retention);
        return new(EndResult.Done, before);
    }

    public EndAnswer Release(string reservation, long now)
    {
        if (!_reservations.TryGetValue(reservation, out var known))
        {
            Remember(reservation, new(ReservationState.Released, [], now + retention));
            return new(EndResult.Tombstone, ReservationState.Unknown);
        }

        var before = known.State;
        if (before is ReservationState.Settled or ReservationState.Released)
        {
            return new(EndResult.Duplicate, before);
        }

        Move(known, ReservationState.Released, _ => 0);
        Reschedule(reservation, known, now + retention);
        return new(EndResult.Done, before);
    }

    public IReadOnlyList<ReservationState> Renew(long lease, IReadOnlyList<string> reservations, long now)
    {
        var states = new ReservationState[reservations.Count];
        for (var i = 0; i < states.Length; i++)
        {
            if (!_reservations.TryGetValue(reservations[i], out var known))
            {
                continue;
            }

            states[i] = known.State;
            if (known.State == ReservationState.Held)
            {
                Reschedule(reservations[i], known, now + lease);
            }
        }

        return states;
    }

    public SweepAnswer Sweep(long now)
    {
        var swept = SweepDue(DuePerSweep, now);
        var first = new DueItem(ExpiredOffset, "", null, LimitPeriod.None, 0);
        var last = first with { At = long.MaxValue };
        return new(swept, [.. _schedule.GetViewBetween(first, last).Take(MaxListed).Select(item => item.Name)]);
    }

    public int Acknowledge(IReadOnlyList<string> reservations, long now)
    {
        var waiting = 0;
        foreach (var reservation in reservations)
        {
            if (_reservations.TryGetValue(reservation, out var known) && known.Due >= ExpiredOffset)
            {
                Reschedule(reservation, known, now + retention);
                waiting++;
            }
        }

        return waiting;
    }

    private void LoadCounter(CounterSnapshot loaded, long now)
    {
        if (loaded.ForgetAt != 0 && loaded.ForgetAt <= now)
        {
            return;
        }

        var counter = CounterOf(loaded.LimitId);
        counter.Windows[loaded.Window] = counter.Windows.GetValueOrDefault(loaded.Window) + loaded.Counted;
        if (loaded.ForgetAt > 0)
        {
            _schedule.Add(WindowItem(loaded.ForgetAt, counter, loaded.Per, loaded.Window));
        }

        if (QuotaWindows.IsRolling(loaded.Per))
        {
            counter.ForgetAt[loaded.Window] = loaded.ForgetAt;
            counter.Sum += loaded.Counted;
            counter.Oldest = Math.Min(counter.Oldest ?? loaded.Window, loaded.Window);
        }
    }

    private void LoadReservation(ReservationSnapshot loaded, long now)
    {
        var held = loaded.State == ReservationState.Held;
        var charges = loaded.Charges.Select(charge => charge.Per == LimitPeriod.None && !held ? charge with { Charged = 0 } : charge).ToArray();
        foreach (var charge in held ? charges : [])
        {
            var counter = CounterOf(charge.LimitId);
            if (charge.Per == LimitPeriod.None)
            {
                counter.Windows[0] = counter.Windows.GetValueOrDefault(0) + charge.Charged;
            }
            else
            {
                counter.Held += charge.Charged;
            }
        }

        Remember(loaded.Id, new(loaded.State, charges, now + (held ? (long)loaded.Lease.TotalMilliseconds : retention)));
    }

    private LimitStanding[] Inspect(IReadOnlyList<Limit> limits, QuotaCalendar calendar, long now)
    {
        var standings = new LimitStanding[limits.Count];
        for (var i = 0; i < standings.Length; i++)
        {
            standings[i] = Inspect(limits[i], calendar, now);
        }

        return standings;
    }

    private LimitStanding Inspect(Limit limit, QuotaCalendar calendar, long now)
    {
        var standing = new LimitStanding { Limit = limit, Counter = CounterOf(limit.Id), ResetsIn = -1 };
        if (QuotaWindows.IsRolling(limit.Per))
        {
            standing.Window = QuotaWindows.BucketOf(limit.Per, now);
            standing.ResetsIn = QuotaWindows.PeriodOf(limit.Per);
            standing.ForgetAt = now + standing.ResetsIn;
            foreach (var (departed, forgetAt) in standing.Counter.Roll(limit.Per, standing.Window))
            {
                _schedule.Remove(WindowItem(forgetAt, standing.Counter, limit.Per, departed));
            }

            standing.Counted = standing.Counter.Sum;
            return standing;
        }

        if (QuotaWindows.IsCalendar(limit.Per))
        {
            var spans = calendar.At(limit.Per, now);
            standing.Window = spans.Start;
            standing.ForgetAt = spans.End + QuotaWindows.Retention;
            standing.ResetsIn = spans.End - now;
        }

        standing.Counted = standing.Counter.Windows.GetValueOrDefault(standing.Window);
        return standing;
    }

    private void Charge(string reservation, long due, LimitStanding[] standings)
    {
        var charges = new ChargeSnapshot[standings.Length];
        for (var i = 0; i < charges.Length; i++)
        {
            ref var standing = ref standings[i];
            var (limit, counter) = (standing.Limit, standing.Counter);
            if (!counter.Windows.TryGetValue(standing.Window, out var spent) && QuotaWindows.IsCalendar(limit.Per))
            {
                _schedule.Add(WindowItem(standing.ForgetAt, counter, limit.Per, standing.Window));
            }
            else if (QuotaWindows.IsRolling(limit.Per))
            {
                counter.Postpone(_schedule, WindowItem(standing.ForgetAt, counter, limit.Per, standing.Window));
            }

            counter.Windows[standing.Window] = spent + standing.Amount;
            counter.Sum += QuotaWindows.IsRolling(limit.Per) ? standing.Amount : 0;
            counter.Held += limit.Per == LimitPeriod.None ? 0 : standing.Amount;
            standing.Counted += standing.Amount;
            charges[i] = new(limit.Id, limit.Per, limit.Unit, standing.Window, standing.Amount);
        }

        Remember(reservation, new(ReservationState.Held, charges, due));
    }

    private void Move(EmbeddedReservation reservation, ReservationState state, Func<ChargeSnapshot, long> amountOf)
    {
        foreach (ref var charge in reservation.Charges.AsSpan())
        {
            var counter = CounterOf(charge.LimitId);
            var amount = charge.Per == LimitPeriod.None ? 0 : amountOf(charge);
            counter.Move(charge.Per, charge.Window, amount - charge.Charged);
            if (reservation.State == ReservationState.Held && charge.Per != LimitPeriod.None)
            {
                counter.Held -= charge.Charged;
            }

            charge = charge with { Charged = amount };
        }

        reservation.State = state;
    }

    private int SweepDue(int most, long now)
    {
        var swept = 0;
        for (; swept < most && _schedule.Count > 0 && _schedule.Min.At <= now; swept++)
        {
            var item = _schedule.Min;
            if (item.Counter is { } counter)
            {
                _schedule.Remove(item);
                counter.Forget(item.Per, item.Window);
            }
            else if (_reservations[item.Name] is { State: ReservationState.Held } held)
            {
                Move(held, ReservationState.Expired, charge => charge.Charged);
                Reschedule(item.Name, held, ExpiredOffset + now);
            }
            else
            {
                _schedule.Remove(item);
                _reservations.Remove(item.Name);
            }
        }

        return swept;
    }

    private void Remember(string id, EmbeddedReservation reservation)
    {
        _reservations[id] = reservation;
        _schedule.Add(ReservationItem(reservation.Due, id));
    }

    private void Reschedule(string id, EmbeddedReservation reservation, long due)
    {
        _schedule.Remove(ReservationItem(reservation.Due, id));
        reservation.Due = due;
        _schedule.Add(ReservationItem(due, id));
    }

    private LimitCounter CounterOf(string limitId)
    {
        if (!_counters.TryGetValue(limitId, out var counter))
        {
            _counters[limitId] = counter = new(limitId);
        }

        return counter;
    }

    private static DueItem ReservationItem(long due, string id) => new(due, id, null, LimitPeriod.None, 0);

    private static DueItem WindowItem(long due, LimitCounter counter, LimitPeriod per, long window) =>
        new(due, QuotaWindows.IsRolling(per) ? counter.RollingName : counter.CalendarName, counter, per, window);

    private static LimitFigure[] Figures(LimitStanding[] standings, long now)
    {
        var figures = new LimitFigure[standings.Length];
        for (var i = 0; i < figures.Length; i++)
        {
            figures[i] = standings[i].Figure(now);
        }

        return figures;
    }
}
