using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>Counters in Redis, shared by all replicas: one call of quota.lua per operation.</summary>
internal sealed class RedisQuotaStore(RedisScriptRunner runner, QuotaCalendar calendar, TimeProvider time) : IQuotaStore
{
    private long _piece;

    public async ValueTask<QuotaReply<ReserveAnswer>> ReserveAsync(
        QuotaShard shard, string reservation, TimeSpan lease, IReadOnlyList<Limit> limits, Charge estimate, CancellationToken cancel)
    {
        QuotaArguments.Check(reservation);
        QuotaArguments.Check(limits);
        RedisValue[] head = [shard.Epoch, "reserve", reservation, Milliseconds(lease), .. Amounts(estimate)];
        var reply = await RunInWindowAsync(shard, head, limits, cancel);
        if (!reply.TryGet(out var answer, out var failure))
        {
            return failure;
        }

        return answer.Word switch
        {
            "OK" => new ReserveAnswer.Admitted(answer.Figures(limits)),
            "NO" => new ReserveAnswer.Refused(answer.Figures(limits), answer.Number(2) is var wait and >= 0 ? TimeSpan.FromMilliseconds(wait) : null),
            "DUP" when answer.Repeated && answer.State(1) == ReservationState.Held => await AdmittedBeforeAsync(shard, limits, answer, cancel),
            "DUP" => new ReserveAnswer.Duplicate(answer.State(1)),
            _ => throw answer.Unexpected("reserve"),
        };
    }

    public ValueTask<QuotaReply<EndAnswer>> SettleAsync(QuotaShard shard, string reservation, Charge spent, CancellationToken cancel)
    {
        QuotaArguments.Check(reservation);
        return EndAsync(shard, [shard.Epoch, "settle", reservation, .. Amounts(spent)], cancel);
    }

    public ValueTask<QuotaReply<EndAnswer>> ReleaseAsync(QuotaShard shard, string reservation, CancellationToken cancel)
    {
        QuotaArguments.Check(reservation);
        return EndAsync(shard, [shard.Epoch, "release", reservation], cancel);
    }

    public async ValueTask<QuotaReply<IReadOnlyList<ReservationState>>> RenewAsync(
        QuotaShard shard, TimeSpan lease, IReadOnlyList<string> reservations, CancellationToken cancel)
    {
        RedisValue[] arguments = [shard.Epoch, "renew", Milliseconds(lease), .. reservations.Select(id => (RedisValue)id)];
        var reply = await runner.RunAsync(shard, arguments, cancel);
        return reply.TryGet(out var answer, out var failure)
            ? QuotaReply<IReadOnlyList<ReservationState>>.Of([.. Enumerable.Range(1, answer.Length - 1).Select(answer.State)])
            : failure;
    }

    public async ValueTask<QuotaReply<SweepAnswer>> SweepAsync(QuotaShard shard, CancellationToken cancel)
    {
        var reply = await runner.RunAsync(shard, [shard.Epoch, "sweep"], cancel);
        return reply.TryGet(out var answer, out var failure)
            ? new SweepAnswer((int)answer.Number(1), [.. answer.List(2).Select(id => id.ToString())])
            : failure;
    }

    public async ValueTask<QuotaReply<int>> AcknowledgeAsync(QuotaShard shard, IReadOnlyList<string> reservations, CancellationToken cancel)
    {
        RedisValue[] arguments = [shard.Epoch, "acknowledge", .. reservations.Select(id => (RedisValue)id)];
        var reply = await runner.RunAsync(shard, arguments, cancel);
        return reply.TryGet(out var answer, out var failure) ? (int)answer.Number(1) : failure;
    }

    public async ValueTask<QuotaReply<IReadOnlyList<LimitFigure>>> ReadAsync(QuotaShard shard, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        QuotaArguments.Check(limits);
        var reply = await RunInWindowAsync(shard, [shard.Epoch, "read"], limits, cancel);
        return reply.TryGet(out var answer, out var failure) ? QuotaReply<IReadOnlyList<LimitFigure>>.Of(answer.Figures(limits)) : failure;
    }

    public ValueTask<QuotaReply<bool>> BeginRebuildAsync(QuotaShard shard, CancellationToken cancel) => RebuildAsync(shard, [shard.Epoch, "begin"], cancel);

    public async ValueTask<QuotaReply<bool>> LoadAsync(QuotaShard shard, QuotaSnapshot piece, CancellationToken cancel)
    {
        foreach (var arguments in SnapshotArguments.Of(shard.Epoch, piece, () => Interlocked.Increment(ref _piece)))
        {
            var reply = await RebuildAsync(shard, arguments, cancel);
            if (!reply.TryGet(out var loaded, out _) || !loaded)
            {
                return reply;
            }
        }

        return true;
    }

    public ValueTask<QuotaReply<bool>> ActivateAsync(QuotaShard shard, CancellationToken cancel) =>
        RebuildAsync(shard, [shard.Epoch, "activate"], cancel);

    /// <summary>
    /// Sends the calendar windows that this gateway's clock shows. Where Redis' clock is in neither, it answers with its
    /// time, and that decides: one clock, not one per replica, says in which window a reservation falls.
    /// </summary>
    private async ValueTask<QuotaReply<ScriptReply>> RunInWindowAsync(
        QuotaShard shard, RedisValue[] head, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var reply = await runner.RunAsync(shard, [.. head, .. limits.SelectMany(limit => Arguments(limit, now))], cancel);
            if (!reply.TryGet(out var answer, out _) || answer.Word != "WINDOW")
            {
                return reply;
            }

            now = answer.Number(1);
        }

        return new StoreFailure(StoreFailureKind.Unavailable, null, "The Redis server's clock fits no window.");
    }

    /// <summary>A first attempt got no answer and yet took the reservation; its figures are lost, so read them anew. The windows are those charged then.</summary>
    private async ValueTask<QuotaReply<ReserveAnswer>> AdmittedBeforeAsync(
        QuotaShard shard, IReadOnlyList<Limit> limits, ScriptReply first, CancellationToken cancel)
    {
        var reply = await ReadAsync(shard, limits, cancel);
        return reply.TryGet(out var figures, out var failure)
            ? new ReserveAnswer.Admitted([.. figures.Select((figure, i) => figure with { Window = first.Number(2 + i) })])
            : failure;
    }

    private async ValueTask<QuotaReply<EndAnswer>> EndAsync(QuotaShard shard, RedisValue[] arguments, CancellationToken cancel)
    {
        var reply = await runner.RunAsync(shard, arguments, cancel);
        if (!reply.TryGet(out var answer, out var failure))
        {
            return failure;
        }

        return answer.Word switch
        {
            "OK" => new EndAnswer(EndResult.Done, answer.State(1)),
            "DUP" => new EndAnswer(EndResult.Duplicate, answer.State(1)),
            "UNKNOWN" => new EndAnswer(EndResult.Unknown, ReservationState.Unknown),
            "TOMB" => new EndAnswer(EndResult.Tombstone, ReservationState.Unknown),
            _ => throw answer.Unexpected("settle or release"),
        };
    }

    private async ValueTask<QuotaReply<bool>> RebuildAsync(QuotaShard shard, RedisValue[] arguments, CancellationToken cancel)
    {
        var reply = await runner.RunAsync(shard, arguments, cancel);
        return reply.TryGet(out var answer, out var failure) ? Succeeded(answer, shard.Epoch) : failure;
    }

    /// <summary>A beginning that is refused because of this very epoch, after an attempt without an answer, is that attempt's success.</summary>
    private static bool Succeeded(ScriptReply answer, long epoch) =>
        answer.Word == "OK" || (answer.Repeated && answer.Word == "STALE" && answer.Text(1) == epoch.ToString(CultureInfo.InvariantCulture));

    private RedisValue[] Arguments(Limit limit, long now) =>
        [limit.Id, limit.ScriptCode, limit.Amount, QuotaWindows.IsCalendar(limit.Per) ? calendar.At(limit.Per, now).ScriptText : RedisValue.EmptyString];

    private static RedisValue[] Amounts(Charge charge) => [charge.InputTokens, charge.OutputTokens, charge.Requests, charge.MicroDollars];

    private static long Milliseconds(TimeSpan lease) => (long)lease.TotalMilliseconds;
}
