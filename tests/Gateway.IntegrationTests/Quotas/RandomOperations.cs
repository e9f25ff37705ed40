using Gateway.Quotas;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>A seeded source of operations on a few limits of every unit, window and mode, with ids that repeat, come late and come twice.</summary>
internal sealed class RandomOperations
{
    private static readonly string[] Happenings =
    [
        "admitted", "refused", "Duplicate", "Done, Before = Held", "Done, Before = Expired", "Done, Before = Released", "Unknown", "Tombstone", "WouldRefuse", "ClockWentBack", "OtherEpoch",
    ];

    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly Limit[] _limits;
    private readonly List<string> _reservations = [];
    private readonly Dictionary<string, int> _seen = [];
    private int _next;
    private int _steps;

    public RandomOperations(int seed, TimeProvider time)
    {
        _random = new(seed);
        _time = time;
        (LimitUnit Unit, LimitPeriod Per)[] shapes =
        [
            .. from unit in Enum.GetValues<LimitUnit>()
               from per in Enum.GetValues<LimitPeriod>()
               where (unit == LimitUnit.Concurrent) == (per == LimitPeriod.None)
               select (unit, per),
        ];
        _limits = [.. shapes.Select(shape => QuotaWorld.LimitOf(shape.Unit, shape.Per, AmountFor(shape.Unit), (LimitMode)_random.Next(3)))];
    }

    public bool SawEverything =>
        Happenings.All(_seen.ContainsKey);

    public string Seen => string.Join(", ", _seen.Select(pair => $"{pair.Key}: {pair.Value}"));

    public RandomStep Next()
    {
        var passes = Passes();
        if (_steps++ is 0 || _random.Next(700) == 0)
        {
            return Rebuild(passes);
        }

        return _random.Next(100) switch
        {
            < 45 => Reserve(passes, NewReservation()),
            < 50 => Reserve(passes, SomeReservation()),
            < 68 => Settle(passes),
            < 76 => Release(passes),
            < 84 => Renew(passes),
            < 89 => new("sweep", passes, false, null, async (store, shard) => QuotaWorld.Describe(await store.SweepAsync(shard, default))),
            < 93 => Acknowledge(passes),
            < 95 => Stale(passes),
            _ => Read(passes),
        };
    }

    public void Learn(RandomStep step, string answer)
    {
        if (step.Reserves is { } id && answer.StartsWith("admitted", StringComparison.Ordinal))
        {
            _reservations.Add(id);
        }

        foreach (var part in Happenings)
        {
            if (answer.Contains(part, StringComparison.Ordinal))
            {
                _seen[part] = _seen.GetValueOrDefault(part) + 1;
            }
        }
    }

    /// <summary>Mostly moments; now and then past a lease, a minute, an hour, a day, and a step back that the guard must overrule.</summary>
    private TimeSpan Passes() => _random.Next(100) switch
    {
        < 55 => TimeSpan.FromMilliseconds(_random.Next(400)),
        < 85 => TimeSpan.FromMilliseconds(_random.Next(8_000)),
        < 95 => TimeSpan.FromSeconds(_random.Next(90)),
        < 98 => TimeSpan.FromMinutes(_random.Next(75)),
        98 => TimeSpan.FromHours(_random.Next(30)),
        // Mostly within what the guard overrules; beyond a minute the counters must refuse until time or a rebuild heals it.
        _ => -TimeSpan.FromMilliseconds(_random.Next(_random.Next(4) == 0 ? 90_000 : 20_000)),
    };

    private RandomStep Rebuild(TimeSpan passes)
    {
        var ledger = RandomLedger();
        return new("rebuild", passes, true, null, async (store, shard) =>
        {
            var begun = QuotaWorld.Describe(await store.BeginRebuildAsync(shard, default));
            var closed = QuotaWorld.Describe(await store.ReadAsync(shard, [_limits[0]], default));
            var loaded = QuotaWorld.Describe(await store.LoadAsync(shard, ledger, default));
            var open = QuotaWorld.Describe(await store.ActivateAsync(shard, default));
            var again = QuotaWorld.Describe(await store.BeginRebuildAsync(shard, default));
            return $"{begun} {closed} {loaded} {open} {again}";
        });
    }

    private QuotaSnapshot RandomLedger()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var counters = new List<CounterSnapshot>();
        foreach (var limit in _limits.Where(limit => limit.Per != LimitPeriod.None))
        {
            for (var i = 0; i < 3; i++)
            {
                counters.Add(Counter(limit, now - _random.Next(100_000)));
            }
        }

        List<ReservationSnapshot> reservations = [.. Enumerable.Range(0, 6).Select(_ => new ReservationSnapshot(
            NewReservation(), (ReservationState)_random.Next(1, 5), TimeSpan.FromSeconds(_random.Next(1, 90)), [.. Some().Select(limit => ChargeOf(limit, now))]))];
        _reservations.AddRange(reservations.Select(reservation => reservation.Id));
        return new(counters, reservations);
    }

    private CounterSnapshot Counter(Limit limit, long at)
    {
        var charge = ChargeOf(limit, at);
        var end = QuotaWindows.IsCalendar(limit.Per) ? QuotaWorld.Utc.At(limit.Per, at).End : 0;
        return new(limit.Id, limit.Per, charge.Window, end, charge.Charged);
    }

    private ChargeSnapshot ChargeOf(Limit limit, long at)
    {
        var window = limit.Per switch
        {
            LimitPeriod.Minute or LimitPeriod.Hour => QuotaWindows.BucketOf(limit.Per, at),
            LimitPeriod.Day or LimitPeriod.Month => QuotaWorld.Utc.At(limit.Per, at).Start,
            _ => 0,
        };
        return new(limit.Id, limit.Per, limit.Unit, window, limit.Unit == LimitUnit.Concurrent ? 1 : _random.Next(50));
    }

    private RandomStep Reserve(TimeSpan passes, string id)
    {
        var limits = Some();
        var estimate = RandomCharge();
        var lease = TimeSpan.FromMilliseconds(_random.Next(1, 60_000));
        return new($"reserve {id}", passes, false, id, async (store, shard) => QuotaWorld.Describe(await store.ReserveAsync(shard, id, lease, limits, estimate, default)));
    }

    private RandomStep Settle(TimeSpan passes)
    {
        var (id, spent) = (SomeReservation(), RandomCharge());
        return new($"settle {id}", passes, false, null, async (store, shard) => QuotaWorld.Describe(await store.SettleAsync(shard, id, spent, default)));
    }

    private RandomStep Release(TimeSpan passes)
    {
        var id = _random.Next(6) == 0 ? NewReservation() : SomeReservation();
        return new($"release {id}", passes, false, id, async (store, shard) => QuotaWorld.Describe(await store.ReleaseAsync(shard, id, default)));
    }

    private RandomStep Renew(TimeSpan passes)
    {
        string[] ids = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => SomeReservation())];
        var lease = TimeSpan.FromMilliseconds(_random.Next(1, 60_000));
        return new("renew", passes, false, null, async (store, shard) => QuotaWorld.Describe(await store.RenewAsync(shard, lease, ids, default)));
    }

    private RandomStep Acknowledge(TimeSpan passes)
    {
        string[] ids = [.. _reservations.TakeLast(40).Where(_ => _random.Next(2) == 0)];
        return new("acknowledge", passes, false, null, async (store, shard) => QuotaWorld.Describe(await store.AcknowledgeAsync(shard, ids, default)));
    }

    private RandomStep Read(TimeSpan passes)
    {
        var limits = Some();
        return new("read", passes, false, null, async (store, shard) => QuotaWorld.Describe(await store.ReadAsync(shard, limits, default)));
    }

    /// <summary>A gateway that has not heard of the last rebuild, and one that is ahead.</summary>
    private RandomStep Stale(TimeSpan passes)
    {
        var (id, off) = (SomeReservation(), _random.Next(2) == 0 ? -1 : 1);
        return new($"settle {id} under another epoch", passes, false, null, async (store, shard) =>
            QuotaWorld.Describe(await store.SettleAsync(shard with { Epoch = shard.Epoch + off }, id, new(1, 1, 1, 1), default)));
    }

    private Limit[] Some()
    {
        var some = _limits.ToArray();
        _random.Shuffle(some);
        // Changing the amount or the mode must not change the counter, so both vary from call to call.
        return [.. some.Take(_random.Next(1, 9)).Select(limit => _random.Next(12) == 0
            ? QuotaWorld.LimitOf(limit.Unit, limit.Per, _random.Next(4) == 0 ? 0 : AmountFor(limit.Unit), (LimitMode)_random.Next(3))
            : limit)];
    }

    private Charge RandomCharge() => new(_random.Next(60), _random.Next(40), _random.Next(2), _random.Next(5) == 0 ? 0 : _random.Next(9_000));

    private long AmountFor(LimitUnit unit) => unit switch
    {
        LimitUnit.Concurrent => _random.Next(1, 8),
        LimitUnit.Requests => _random.Next(3, 60),
        LimitUnit.Usd => _random.Next(10_000, 600_000),
        _ => _random.Next(200, 4_000),
    };

    private string NewReservation() => $"req_{_next++}";

    private string SomeReservation() => _reservations.Count == 0 ? "req_none" : _reservations[^_random.Next(1, Math.Min(30, _reservations.Count) + 1)];
}
