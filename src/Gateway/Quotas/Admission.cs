using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// A call that its limits let in, from the moment the counters hold its estimate until they have what it spent. The counters were charged
/// before this exists; the ledger is written while the call is already on its way.
/// </summary>
internal sealed class Admission
{
    private readonly QuotaKeeper _keeper;
    private readonly Lock _gate = new();
    private IReadOnlyList<SpendCharge> _charges;
    private bool _ended;
    private bool _lost;
    private long _leasedAt;
    private Action? _stop;
    private bool _isOver;
    private TaskCompletionSource? _over;

    public Admission(QuotaKeeper keeper, QuotaAsk ask, string tag, IReadOnlyList<LimitFigure> figures, IReadOnlyList<SpendCharge> charges, long leasedAt)
    {
        (_keeper, Ask, Tag, Figures, _charges, _leasedAt) = (keeper, ask, tag, figures, charges, leasedAt);
        HoldsPlace = ask.Limits.Any(limit => limit is { Unit: LimitUnit.Concurrent, Mode: LimitMode.Hard });
        Committed = Task.FromResult(true);
    }

    public QuotaAsk Ask { get; }

    /// <summary>Whose counters it was taken from.</summary>
    public string Tag { get; }

    /// <summary>How the limits stood with this call reserved, in the order asked.</summary>
    public IReadOnlyList<LimitFigure> Figures { get; }

    /// <summary>
    /// True once the reservation is durable: only then may the caller get the first byte. False: it can't be; cancel the call, answer 503
    /// <c>quota_store_unavailable</c>, record no tokens and <see cref="Release"/>.
    /// </summary>
    public Task<bool> Committed { get; private set; }

    /// <summary>Whether it was the database that failed, where it could not be made durable; else the counters did. Known with <see cref="Committed"/>.</summary>
    public bool LedgerFailed { get; set; }

    /// <summary>
    /// Whether it counts among the calls that run at once: then its place goes to another when its lease ends, and it may not run on. All else
    /// that it reserved stays spent, lease or not.
    /// </summary>
    public bool HoldsPlace { get; }

    /// <summary>When its lease was last asked for, as a timestamp of this process: never later than the counters reckon.</summary>
    public long LeasedAt => Volatile.Read(ref _leasedAt);

    /// <summary>How the call is to be stopped should its place be lost; at once where it is.</summary>
    public void StopBy(Action stop)
    {
        lock (_gate)
        {
            _stop = stop;
            if (!_lost)
            {
                return;
            }
        }

        stop();
    }

    public void Renewed(long askedAt) => Volatile.Write(ref _leasedAt, askedAt);

    /// <summary>Its place is another's by now, or may be.</summary>
    /// <returns>Whether that is news, of a call that still runs.</returns>
    public bool Lose()
    {
        Action? stop;
        lock (_gate)
        {
            if (_lost || _ended)
            {
                return false;
            }

            _lost = true;
            stop = _stop;
        }

        stop?.Invoke();
        return true;
    }

    /// <summary>The caller has all of the answer. What it spent follows when that is known.</summary>
    public void Answered() => _keeper.Answered(this);

    /// <summary>Ends when the counters have given back what was not spent.</summary>
    public Task WhenOver()
    {
        lock (_gate)
        {
            return _isOver ? Task.CompletedTask : (_over ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public void Over()
    {
        TaskCompletionSource? over;
        lock (_gate)
        {
            _isOver = true;
            over = _over;
        }

        over?.TrySetResult();
    }

    /// <summary>Ends the reservation with what was spent. Takes effect when the ledger commits the settlement with the call's row.</summary>
    public Settlement Settle(Charge spent) => End(spent, released: false);

    /// <summary>Ends the reservation with nothing: the call never reached an upstream.</summary>
    public Settlement Release() => End(default, released: true);

    /// <summary>Starts making it durable.</summary>
    public void Begin(Func<Admission, Task<bool>> commit) => Committed = commit(this);

    /// <summary>Does it with the charges as they are, unless the call has ended: what is written then would never be ended.</summary>
    public bool IfRunning(Action<IReadOnlyList<SpendCharge>> write, IReadOnlyList<SpendCharge>? charges)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return false;
            }

            _charges = charges ?? _charges;
            write(_charges);
            return true;
        }
    }

    private Settlement End(Charge spent, bool released)
    {
        lock (_gate)
        {
            if (_ended)
            {
                throw new InvalidOperationException($"The reservation of {Ask.Request} was ended before.");
            }

            _ended = true;
            return _keeper.SettlementOf(this, _charges, spent, released);
        }
    }
}
