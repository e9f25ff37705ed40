namespace Gateway.Providers;

/// <summary>
/// How a target has been doing, learnt from real calls. Failures in a row, or a large share of them, make it pause: a second, then twice as
/// long each time, with some jitter so that replicas do not come back together. When a pause is over one call tries the target for all others.
/// What the provider itself asks for (<c>retry-after</c>) is kept to the moment. Well targets cost a call a read and three counts, no lock.
/// </summary>
internal sealed class TargetHealth(HealthBounds bounds, TimeProvider time, Random random)
{
    /// <summary>Failures in a row that make a target pause which can be reached.</summary>
    private const int FailuresInARow = 3;

    /// <summary>Fewer calls say nothing about their share of failures.</summary>
    private const int LeastForShare = 10;

    private const double Jitter = 0.2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>How long others wait for the call that tries a target after a pause. Its answer may take longer; then another one tries.</summary>
    private static readonly TimeSpan TrialTime = TimeSpan.FromSeconds(5);

    private readonly Lock _failing = new();
    private readonly CallWindow _window = new(time);
    private CoolDown? _coolDown;
    private volatile TargetFailure? _lastFailure;
    private long _inFlight;
    private int _inARow;
    private int _pauses;

    public long InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The pause that is or was; null where the last calls went well.</summary>
    public CoolDown? CoolDown => Volatile.Read(ref _coolDown);

    /// <summary>Whether nothing speaks against the target.</summary>
    public bool IsWell => CoolDown is null && Volatile.Read(ref _inARow) == 0;

    /// <summary>What went wrong last, until it goes well again.</summary>
    public TargetFailure? Failure => IsWell ? null : _lastFailure;

    public TargetFailure? LastFailure => _lastFailure;

    /// <summary>Whether the provider refused the gateway's credential when it was last asked.</summary>
    public bool IsRefusingCredential => _lastFailure is { IsCredential: true } && !IsWell;

    public (long Calls, long Failures) LastMinute() => _window.Sum(time.GetTimestamp());

    /// <summary>When the pause ends; null where there is none.</summary>
    public DateTimeOffset? CoolingUntil()
    {
        var left = Left();
        return left > TimeSpan.Zero ? time.GetUtcNow() + left : null;
    }

    /// <summary>How much is left of a pause.</summary>
    public TimeSpan Left() => CoolDown is { OnTrial: false } pause ? time.GetElapsedTime(time.GetTimestamp(), pause.Until) : TimeSpan.Zero;

    /// <summary>Whether a call may be sent now, as far as one can see.</summary>
    public bool IsOpen() => CoolDown is not { } pause || time.GetTimestamp() >= pause.Until;

    /// <summary>The same for a call that will be sent: after a pause only one gets through until it is known how that went.</summary>
    public bool TryEnter()
    {
        if (CoolDown is not { } pause)
        {
            return true;
        }

        var now = time.GetTimestamp();
        return now >= pause.Until && Interlocked.CompareExchange(ref _coolDown, new CoolDown(After(now, TrialTime), AskedFor: false, OnTrial: true), pause) == pause;
    }

    public void Begin() => Interlocked.Increment(ref _inFlight);

    public void End() => Interlocked.Decrement(ref _inFlight);

    /// <summary>It answered as it should, be it that the call was wrong.</summary>
    public void Answered()
    {
        var now = time.GetTimestamp();
        _window.Count(now, failed: false);
        if (Volatile.Read(ref _inARow) != 0)
        {
            Volatile.Write(ref _inARow, 0);
        }

        // Calls that began before a pause may still be answered: no reason to break what the provider asked for.
        if (CoolDown is { } pause && (!pause.AskedFor || now >= pause.Until) && (pause.OnTrial || !FailsOften(now)))
        {
            Interlocked.CompareExchange(ref _coolDown, null, pause);
            Volatile.Write(ref _pauses, 0);
        }
    }

    /// <summary>Whether it pauses since nobody was there: that may be over before the pause is.</summary>
    public bool MayBeProbed => CoolDown is { AskedFor: false, OnTrial: false } pause && time.GetTimestamp() < pause.Until && _lastFailure is { IsAbsence: true };

    /// <summary>Its provider says that it is well: the next call may see whether that is true of the target, too.</summary>
    public void ProbedWell()
    {
        if (MayBeProbed && CoolDown is { } pause)
        {
            Interlocked.CompareExchange(ref _coolDown, pause with { Until = time.GetTimestamp() }, pause);
        }
    }

    /// <summary>It failed.</summary>
    /// <param name="failure">How.</param>
    /// <param name="pauseAtOnce">Whether one such failure is enough: nobody is there, or too much was asked.</param>
    /// <param name="askedFor">How long the provider wants to be left alone, where it says so.</param>
    public void Failed(TargetFailure failure, bool pauseAtOnce, TimeSpan? askedFor)
    {
        var now = time.GetTimestamp();
        _window.Count(now, failed: true);
        lock (_failing)
        {
            _lastFailure = failure;
            var inARow = Interlocked.Increment(ref _inARow);
            if (askedFor is { } wish)
            {
                var until = After(now, wish < bounds.RetryAfter ? wish : bounds.RetryAfter);
                if (until > now && (CoolDown is not { AskedFor: true } before || before.Until < until))
                {
                    Volatile.Write(ref _coolDown, new CoolDown(until, AskedFor: true));
                }

                return;
            }

            // The calls that were under way when it broke all fail: that is one reason to pause, not a hundred.
            var pausing = CoolDown is { OnTrial: false } pause && now < pause.Until;
            if (!pausing && (pauseAtOnce || inARow >= FailuresInARow || CoolDown is { OnTrial: true } || FailsOften(now)))
            {
                Volatile.Write(ref _coolDown, new CoolDown(After(now, NextPause()), AskedFor: false));
            }
        }
    }

    private bool FailsOften(long now)
    {
        var (calls, failures) = _window.Sum(now);
        return calls >= LeastForShare && failures * 2 >= calls;
    }

    private TimeSpan NextPause()
    {
        var doubled = FirstPause * Math.Pow(2, Math.Min(Interlocked.Increment(ref _pauses) - 1, 30));
        var whole = doubled < bounds.CoolDown ? doubled : bounds.CoolDown;
        return whole * (1 - (Jitter * random.NextDouble()));
    }

    private long After(long now, TimeSpan wait) => now + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
