using System.Collections.Concurrent;
using Gateway.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Quotas;

/// <summary>
/// Admits calls and sees them to their end, in the order that makes hard limits hold through crashes: the counters take the estimate, the
/// ledger gets the reservation under the counters' epoch, the caller gets bytes; and at the end the ledger has what was spent before the
/// counters give anything back.
/// </summary>
internal sealed partial class QuotaKeeper(
    IQuotaStore store, ShardDirectory shards, QuotaCalendar calendar, SpendJournal journal, IOptions<QuotaOptions> options, TimeProvider time, ILogger<QuotaKeeper> log)
    : IHostedService
{
    /// <summary>How often counters that turned out to be of another epoch are looked for again.</summary>
    private const int Attempts = 3;

    /// <summary>What a stop grants counters elsewhere to hear of the last settlements; what they miss, others replay.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>How long a caller waits to be let in, however often the counters have to be found: within two seconds they know.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.8);

    /// <summary>What the store may take at most for one answer, repeated attempts included.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromMilliseconds(2 * RedisSettings.AnswerTimeoutMilliseconds);

    /// <summary>How long a caller waits for a database that neither commits nor fails: long against an admin's largest change, short for who waits.</summary>
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Admission> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _endings = [];
    private readonly EndingCalls _ending = new(time);
    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);
    private readonly TimeSpan _placeTime = LeaseWatch.PlaceTime(options.Value);
    private readonly bool _allows = options.Value.Redis.OnFailure == "allow";
    private readonly bool _strict = options.Value.Quotas.Strict;

    /// <summary>Calls that hold a reservation of this process.</summary>
    public IEnumerable<Admission> Running => _running.Values;

    public bool IsRunning(string reservation) => _running.ContainsKey(reservation);

    /// <summary>Stops calls that count among those running at once and whose lease was not renewed in time: others may have their places.</summary>
    public void StopLost()
    {
        foreach (var (_, admission) in _running)
        {
            if (admission.HoldsPlace && time.GetElapsedTime(admission.LeasedAt) >= _placeTime)
            {
                Lose(admission);
            }
        }
    }

    /// <summary>The counters have given its place away.</summary>
    public void Lose(Admission admission)
    {
        // Whoever lets calls pass while the counters are away wants them to go on.
        if (admission.HoldsPlace && !_allows && admission.Lose())
        {
            LogLost(admission.Ask.Request.Value);
        }
    }

    /// <summary>For tests: the call goes on as if this process were too busy to renew its lease.</summary>
    internal void Abandon(Admission admission) => _running.TryRemove(admission.Ask.Request.Value, out _);

    /// <summary>Takes the estimate from all limits or from none.</summary>
    public async ValueTask<AdmitAnswer> AdmitAsync(QuotaAsk ask, CancellationToken cancel)
    {
        var tag = QuotaShard.TagOf(ask.Key, ask.TeamId);
        // Not the caller's token: one that leaves in the middle would leave a reservation that nobody ends. The store has its own time limit.
        var begun = time.GetTimestamp();
        var (answer, shard) = await ReserveAsync(tag, ask, cancel);
        if (answer is ReserveAnswer.Refused { Figures: var standing } && standing.Any(MayFree) && await _ending.WaitAsync(tag, cancel))
        {
            begun = time.GetTimestamp();
            (answer, shard) = await ReserveAsync(tag, ask, cancel);
        }

        switch (answer)
        {
            case ReserveAnswer.Refused refused:
                return new AdmitAnswer.Refused(refused.Figures, refused.RetryAfter);
            case ReserveAnswer.Admitted admitted:
                return await BeginAsync(ask, shard, admitted.Figures, begun);
            case null when _allows || ask.Limits.All(limit => limit.Mode != LimitMode.Hard):
                return await shards.FindDetachedAsync(tag, cancel) is { } detached
                    ? await BeginAsync(ask, detached, [.. ask.Limits.Select(Unknown)], begun)
                    : AdmitAnswer.Unavailable.Instance;
            default:
                return AdmitAnswer.Unavailable.Instance;
        }
    }

    /// <summary>How limits stand, in the order given; null where the counters can't be asked now.</summary>
    public async ValueTask<IReadOnlyList<LimitFigure>?> ReadAsync(string tag, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        for (var attempt = 0; attempt < Attempts && await shards.FindAsync(tag, cancel) is { } shard; attempt++)
        {
            var reply = await store.ReadAsync(shard, limits, cancel);
            if (reply.TryGet(out var figures, out var failure))
            {
                return figures;
            }

            if (!failure.IsFenced)
            {
                break;
            }

            shards.Distrust(shard, failure);
        }

        return null;
    }

    public Task StartAsync(CancellationToken cancellationToken) => shards.StartAsync(cancellationToken);

    /// <summary>The ledger has stopped before, so all settlements are durable; this waits until the counters have them too.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var rest = Task.WhenAll(_endings.Keys);
        await Task.WhenAny(rest, Task.Delay(LastWords, time, CancellationToken.None));
    }

    /// <summary>The call's caller has all of the answer: what it did not spend is about to be given back.</summary>
    internal void Answered(Admission admission) => _ending.Add(admission);

    /// <summary>What ends an admission, to be committed with its call's row.</summary>
    internal Settlement SettlementOf(Admission admission, IReadOnlyList<SpendCharge> charges, Charge spent, bool released)
    {
        _ending.Add(admission);
        var amounts = new long[charges.Count];
        for (var i = 0; i < amounts.Length; i++)
        {
            amounts[i] = spent.Of((LimitUnit)charges[i].Unit);
        }

        return new Settlement(
            admission.Ask.Request.Value, admission.Tag, charges, amounts, FiguresOf(spent), shards.AreShared, () => Ended(admission, spent, released));
    }

    private async Task<AdmitAnswer> BeginAsync(QuotaAsk ask, QuotaShard shard, IReadOnlyList<LimitFigure> figures, long begun)
    {
        var admission = new Admission(this, ask, shard.Tag, figures, ChargesOf(figures, ask.Estimate), begun);
        _running[ask.Request.Value] = admission;
        admission.Begin(begun => CommitAsync(begun, shard));
        return !_strict || await admission.Committed ? new AdmitAnswer.Admitted(admission) : GiveUp(admission);
    }

    /// <summary>A limit whose counters are away: all that is known is the window, by this gateway's clock.</summary>
    private LimitFigure Unknown(Limit limit)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var window = QuotaWindows.IsRolling(limit.Per) ? QuotaWindows.BucketOf(limit.Per, now)
            : QuotaWindows.IsCalendar(limit.Per) ? calendar.At(limit.Per, now).Start : 0;
        return new(limit, LimitVerdict.Within, 0, 0, window, null);
    }

    private async ValueTask<(ReserveAnswer? Answer, QuotaShard Shard)> ReserveAsync(string tag, QuotaAsk ask, CancellationToken cancel)
    {
        QuotaShard? shard = null;
        var begun = time.GetTimestamp();
        for (var attempt = 0; attempt < Attempts && Left(begun) is var left && left > TimeSpan.Zero; attempt++)
        {
            shard = await shards.FindAsync(tag, left, cancel);
            if (shard is not { } found)
            {
                break;
            }

            var asked = store.ReserveAsync(found, ask.Request.Value, _lease, ask.Limits, ask.Estimate, CancellationToken.None);
            var reply = Left(begun) is var rest && rest >= StorePatience ? await asked : await InTimeAsync(asked.AsTask(), found, ask, rest);
            if (reply.TryGet(out var answer, out var failure))
            {
                return (answer, found);
            }

            LogUnavailable(failure.Kind, failure.Detail);
            if (!failure.IsFenced)
            {
                break;
            }

            shards.Distrust(found, failure);
        }

        return (null, default);
    }

    private TimeSpan Left(long begun) => Patience - time.GetElapsedTime(begun);

    /// <summary>The answer, if it comes in time. One that comes later is an admission that nobody uses, and is given back.</summary>
    private async Task<QuotaReply<ReserveAnswer>> InTimeAsync(Task<QuotaReply<ReserveAnswer>> asked, QuotaShard shard, QuotaAsk ask, TimeSpan left)
    {
        if (await Task.WhenAny(asked, Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, CancellationToken.None)) == asked)
        {
            return await asked;
        }

        _ = GiveBackAsync(asked, shard, ask);
        return new StoreFailure(StoreFailureKind.Unavailable, null, "The answer did not come while the caller could wait.");
    }

    private async Task GiveBackAsync(Task<QuotaReply<ReserveAnswer>> asked, QuotaShard shard, QuotaAsk ask)
    {
        if ((await asked).TryGet(out var answer, out _) && answer is ReserveAnswer.Admitted)
        {
            await store.ReleaseAsync(shard, ask.Request.Value, CancellationToken.None);
        }
    }

    /// <summary>Makes a reservation durable; where the counters were rebuilt meanwhile, takes it once more from the new ones.</summary>
    private async Task<bool> CommitAsync(Admission admission, QuotaShard shard)
    {
        var result = await WriteAsync(admission, shard, null);
        if (result != ReservationResult.Fenced)
        {
            admission.LedgerFailed = result == ReservationResult.Failed;
            return result == ReservationResult.Durable;
        }

        shards.ForgetDetached(admission.Tag);
        shards.Distrust(shard, new(StoreFailureKind.OtherEpoch, null, "The ledger knows a later epoch."));
        var (answer, renewed) = await ReserveAsync(admission.Tag, admission.Ask, CancellationToken.None);
        return answer is ReserveAnswer.Admitted again
            && await WriteAsync(admission, renewed, ChargesOf(again.Figures, admission.Ask.Estimate)) == ReservationResult.Durable;
    }

    private async Task<ReservationResult> WriteAsync(Admission admission, QuotaShard shard, IReadOnlyList<SpendCharge>? charges)
    {
        ReservationWrite? write = null;
        var asRow = shards.AreShared || _strict;
        if (!admission.IfRunning(Keep, charges))
        {
            return ReservationResult.Failed;
        }

        try
        {
            return write is null ? ReservationResult.Durable : await write.Result.WaitAsync(LedgerPatience, time);
        }
        catch (TimeoutException)
        {
            // It may be written yet: whoever ends the call ends that, too.
            return ReservationResult.Failed;
        }

        void Keep(IReadOnlyList<SpendCharge> current)
        {
            var row = RowOf(admission.Ask, shard, current);
            if (asRow || !journal.TryKeep(row))
            {
                journal.Add(write = new ReservationWrite(row, current, shards.FenceOf(shard.Tag), asRow));
            }
        }
    }

    /// <summary>
    /// Strict, and not durable: the call never started. The row may have been written all the same, so it is ended in the ledger first; the
    /// ledger's own row follows from the endpoint.
    /// </summary>
    private AdmitAnswer.Unavailable GiveUp(Admission admission)
    {
        journal.Add(new EndWrite(admission.Release()));
        return AdmitAnswer.Unavailable.Instance;
    }

    private void Ended(Admission admission, Charge spent, bool released)
    {
        _running.TryRemove(admission.Ask.Request.Value, out _);
        var ending = EndAsync(admission, spent, released);
        if (ending.IsCompleted)
        {
            _ending.Remove(admission);
            return;
        }

        _endings[ending] = true;
        _ = ending.ContinueWith(
            done =>
            {
                _endings.TryRemove(done, out _);
                _ending.Remove(admission);
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    /// <summary>Refused, while others hold more than they may spend. A call always spends itself.</summary>
    private static bool MayFree(LimitFigure figure) => figure is { Verdict: LimitVerdict.Refused, Reserved: > 0 } && figure.Limit.Unit != LimitUnit.Requests;

    /// <summary>The ledger has it; now the counters. What they miss while they are away is replayed from the ledger.</summary>
    private async Task EndAsync(Admission admission, Charge spent, bool released)
    {
        var id = admission.Ask.Request.Value;
        for (var attempt = 0; attempt < Attempts && await shards.FindAsync(admission.Tag, CancellationToken.None) is { } shard; attempt++)
        {
            var reply = released
                ? await store.ReleaseAsync(shard, id, CancellationToken.None)
                : await store.SettleAsync(shard, id, spent, CancellationToken.None);
            if (reply.TryGet(out _, out var failure))
            {
                if (shards.AreShared)
                {
                    journal.Add(new ForgetWrite(id));
                }

                return;
            }

            LogUnavailable(failure.Kind, failure.Detail);
            if (!failure.IsFenced)
            {
                return;
            }

            shards.Distrust(shard, failure);
        }
    }

    private ReservationRow RowOf(QuotaAsk ask, QuotaShard shard, IReadOnlyList<SpendCharge> charges) => new()
    {
        Id = ask.Request.Value,
        Tag = shard.Tag,
        Epoch = shard.Epoch,
        Stage = (int)ReservationStage.Held,
        Created = time.GetUtcNow().ToUnixTimeMilliseconds(),
        Time = ask.Time.ToUnixTimeMilliseconds(),
        KeyId = ask.Key.Value,
        TeamId = ask.TeamId,
        User = ask.User,
        Endpoint = ask.Endpoint,
        Model = ask.Model,
        Stream = ask.Stream,
        InputTokens = ask.Estimate.InputTokens,
        OutputTokens = ask.Estimate.OutputTokens,
        Requests = ask.Estimate.Requests,
        MicroDollars = ask.Estimate.MicroDollars,
        Charges = SpendCharge.Write(charges),
    };

    private SpendCharge[] ChargesOf(IReadOnlyList<LimitFigure> figures, Charge estimate)
    {
        var charges = new SpendCharge[figures.Count];
        for (var i = 0; i < charges.Length; i++)
        {
            var (limit, window) = (figures[i].Limit, figures[i].Window);
            var end = QuotaWindows.IsCalendar(limit.Per) ? calendar.At(limit.Per, window).End : 0;
            var forgetAt = new CounterSnapshot(limit.Id, limit.Per, window, end, 0).ForgetAt;
            charges[i] = new(limit.Id, (int)limit.Per, (int)limit.Unit, window, forgetAt, estimate.Of(limit.Unit));
        }

        return charges;
    }

    private static SpendFigures FiguresOf(Charge charge) => new(charge.InputTokens, charge.OutputTokens, charge.Requests, charge.MicroDollars);

    [LoggerMessage(5002, LogLevel.Warning, "The call {Request} is stopped: its lease could not be renewed in time, and its place among the calls running at once may be another's")]
    private partial void LogLost(string request);

    [LoggerMessage(5001, LogLevel.Warning, "The counters of limits did not answer ({Kind}): {Detail}")]
    private partial void LogUnavailable(StoreFailureKind kind, string detail);
}
