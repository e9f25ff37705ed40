using Gateway.Quotas;
using Xunit;
using static Gateway.IntegrationTests.Quotas.QuotaWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>What every store of counters keeps, whichever it is.</summary>
public abstract class QuotaStoreContract
{
    private const int Timeout = 30_000;
    private static readonly DateTimeOffset Noon = new(2027, 3, 10, 12, 0, 0, TimeSpan.Zero);

    private protected SteppingClock Clock { get; } = new(Noon);

    private protected QuotaShard Shard { get; } = new($"team_{Guid.NewGuid():N}", 1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract Task<IQuotaStore> OpenStoreAsync(CancellationToken cancel);

    /// <summary>Tells the store's own clock, where that is not <see cref="Clock"/> itself.</summary>
    private protected virtual Task ClockMovedAsync() => Task.CompletedTask;

    [Theory(Timeout = Timeout)]
    [InlineData("requests", "minute")]
    [InlineData("tokens", "total")]
    [InlineData("concurrent", null)]
    [InlineData("usd", "month")]
    public async Task A_thousand_parallel_reserves_at_remaining_one_admit_exactly_one(string unit, string? per)
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        var (kind, period) = (LimitWords.Units[unit], per is null ? LimitPeriod.None : LimitWords.Periods[per]);
        Limit[] limits = [LimitOf(kind, period, 1), LimitOf(LimitUnit.Requests, LimitPeriod.Hour, 5_000)];
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, 1_000).Select(i => Task.Run(
            async () =>
            {
                await go.Task;
                return Value(await store.ReserveAsync(Shard, $"req_{i}", Lease, limits, new(1, 0, 1, 1), Cancel));
            },
            Cancel)).ToArray();

        go.SetResult();
        var answers = await Task.WhenAll(calls);

        Assert.Single(answers, answer => answer is ReserveAnswer.Admitted);
        Assert.Equal(999, answers.Count(answer => answer is ReserveAnswer.Refused));
        var figures = Value(await store.ReadAsync(Shard, limits, Cancel));
        Assert.Equal([1L, 1L], figures.Select(figure => figure.Counted));
    }

    [Theory(Timeout = Timeout)]
    [InlineData("minute", 60_000)]
    [InlineData("hour", 3_600_000)]
    [InlineData("day", 12 * 3_600_000)]
    [InlineData("month", 22 * 24 * 3_600_000 - 12 * 3_600_000)]
    public async Task A_full_window_frees_at_the_instant_it_says_and_not_a_tick_before(string per, long freesAfter)
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitWords.Periods[per], 100)];
        Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_full", limits, new(60, 40, 1, 0)));
        Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_over", limits, new(1, 0, 1, 0)));

        await PassAsync(freesAfter - 1);
        var refused = Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_early", limits, new(1, 0, 1, 0)));
        await PassAsync(1);
        var admitted = Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_then", limits, new(100, 0, 1, 0)));

        Assert.Equal(TimeSpan.FromMilliseconds(1), refused.RetryAfter);
        Assert.Equal(100, admitted.Figures[0].Counted);
        Assert.Equal(0, admitted.Figures[0].Remaining);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_hard_limit_admits_to_the_last_unit_and_refuses_one_more()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 100)];

        var over = Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_1", limits, new(101, 0, 1, 0)));
        Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_2", limits, new(99, 0, 1, 0)));
        Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_3", limits, new(2, 0, 1, 0)));
        Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_4", limits, new(1, 0, 1, 0)));

        Assert.Null(over.RetryAfter);
        Assert.Equal(LimitVerdict.Refused, over.Figures[0].Verdict);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_soft_limit_admits_while_anything_is_left_and_a_shadow_limit_only_tells()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Day, 100, LimitMode.Soft), LimitOf(LimitUnit.InputTokens, LimitPeriod.Day, 50, LimitMode.Shadow)];

        var first = Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_1", limits, new(99, 0, 1, 0)));
        var passing = Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_2", limits, new(500, 0, 1, 0)));
        var refused = Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_3", limits, new(1, 0, 1, 0)));

        Assert.Equal([LimitVerdict.Within, LimitVerdict.WouldRefuse], first.Figures.Select(figure => figure.Verdict));
        Assert.Equal(599, passing.Figures[0].Counted);
        Assert.Equal([LimitVerdict.Refused, LimitVerdict.WouldRefuse], refused.Figures.Select(figure => figure.Verdict));
        Assert.Equal(TimeSpan.FromHours(12), refused.RetryAfter);
    }

    [Theory(Timeout = Timeout)]
    [InlineData("hard")]
    [InlineData("soft")]
    public async Task A_limit_of_zero_refuses_even_what_costs_nothing(string mode)
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);

        var answer = await ReserveAsync(store, "req_1", [LimitOf(LimitUnit.Usd, LimitPeriod.Minute, 0, LimitWords.Modes[mode])], new(0, 0, 0, 0));

        Assert.Null(Assert.IsType<ReserveAnswer.Refused>(answer).RetryAfter);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_refusal_by_one_limit_takes_nothing_from_the_others()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Minute, 1_000), LimitOf(LimitUnit.Requests, LimitPeriod.Day, 0), LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 5)];

        Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_1", limits, new(10, 0, 1, 0)));

        Assert.All(Value(await store.ReadAsync(Shard, limits, Cancel)), figure => Assert.Equal(0, figure.Counted));
    }

    [Fact(Timeout = Timeout)]
    public async Task Settling_replaces_the_estimate_once_and_in_the_window_of_the_reservation()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Day, 1_000), LimitOf(LimitUnit.Usd, LimitPeriod.Total, 10_000), LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 3)];
        await ReserveAsync(store, "req_1", limits, new(100, 400, 1, 3_000));
        var held = Value(await store.ReadAsync(Shard, limits, Cancel));
        await PassAsync((long)TimeSpan.FromHours(12).TotalMilliseconds);

        var first = Value(await store.SettleAsync(Shard, "req_1", new(100, 20, 1, 700), Cancel));
        var again = Value(await store.SettleAsync(Shard, "req_1", new(100, 900, 1, 9_000), Cancel));

        Assert.Equal(new EndAnswer(EndResult.Done, ReservationState.Held), first);
        Assert.Equal(new EndAnswer(EndResult.Duplicate, ReservationState.Settled), again);
        Assert.Equal([(0L, 500L), (0L, 3_000L), (0L, 1L)], held.Select(figure => (figure.Used, figure.Reserved)));
        var after = Value(await store.ReadAsync(Shard, limits, Cancel));
        Assert.Equal([(0L, 0L), (700L, 0L), (0L, 0L)], after.Select(figure => (figure.Used, figure.Reserved)));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_lease_that_runs_out_is_charged_as_reserved_gives_back_its_slot_and_takes_a_late_correction()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000), LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 1)];
        await ReserveAsync(store, "req_1", limits, new(100, 400, 1, 0));
        await PassAsync((long)Lease.TotalMilliseconds - 1);
        Assert.Empty(Value(await store.SweepAsync(Shard, Cancel)).Unreconciled);

        await PassAsync(1);
        var sweep = Value(await store.SweepAsync(Shard, Cancel));
        var expired = Value(await store.ReadAsync(Shard, limits, Cancel));
        var acknowledged = Value(await store.AcknowledgeAsync(Shard, ["req_1"], Cancel));
        var late = Value(await store.SettleAsync(Shard, "req_1", new(100, 1, 1, 0), Cancel));

        Assert.Equal(["req_1"], sweep.Unreconciled);
        Assert.Equal([(500L, 0L), (0L, 0L)], expired.Select(figure => (figure.Used, figure.Reserved)));
        Assert.Equal(1, acknowledged);
        Assert.Empty(Value(await store.SweepAsync(Shard, Cancel)).Unreconciled);
        Assert.Equal(new EndAnswer(EndResult.Done, ReservationState.Expired), late);
        Assert.Equal(101, Value(await store.ReadAsync(Shard, limits, Cancel))[0].Used);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_renewed_lease_lives_on_and_an_expired_one_is_told_so()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 2)];
        await ReserveAsync(store, "req_1", limits, OneRequest);
        await ReserveAsync(store, "req_2", limits, OneRequest);
        await PassAsync(40_000);
        await store.RenewAsync(Shard, Lease, ["req_1"], Cancel);
        await PassAsync(40_000);
        await store.SweepAsync(Shard, Cancel);

        var states = Value(await store.RenewAsync(Shard, Lease, ["req_1", "req_2", "req_3"], Cancel));

        Assert.Equal([ReservationState.Held, ReservationState.Expired, ReservationState.Unknown], states);
    }

    [Fact(Timeout = Timeout)]
    public async Task A_release_that_overtakes_its_reserve_blocks_it()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000)];

        var released = Value(await store.ReleaseAsync(Shard, "req_1", Cancel));
        var reserved = await ReserveAsync(store, "req_1", limits, OneRequest);

        Assert.Equal(EndResult.Tombstone, released.Result);
        Assert.Equal(new ReserveAnswer.Duplicate(ReservationState.Released), reserved);
        Assert.Equal(0, Value(await store.ReadAsync(Shard, limits, Cancel))[0].Counted);
    }

    [Fact(Timeout = Timeout)]
    public async Task Changing_the_amount_or_the_mode_keeps_what_was_counted()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        await ReserveAsync(store, "req_1", [LimitOf(LimitUnit.Tokens, LimitPeriod.Hour, 1_000)], new(600, 0, 1, 0));

        var lowered = await ReserveAsync(store, "req_2", [LimitOf(LimitUnit.Tokens, LimitPeriod.Hour, 500)], new(1, 0, 1, 0));
        var raised = await ReserveAsync(store, "req_3", [LimitOf(LimitUnit.Tokens, LimitPeriod.Hour, 601, LimitMode.Soft)], new(1, 0, 1, 0));

        Assert.Equal(0, Assert.IsType<ReserveAnswer.Refused>(lowered).Figures[0].Remaining);
        Assert.Equal(601, Assert.IsType<ReserveAnswer.Admitted>(raised).Figures[0].Counted);
    }

    [Fact(Timeout = Timeout)]
    public async Task In_no_span_of_sixty_seconds_is_more_admitted_than_the_limit_and_hardly_less_is_sustained()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        const int Most = 600;
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Minute, Most)];
        var random = new Random(7);
        var admitted = new List<(long At, long Tokens)>();
        var start = Clock.GetUtcNow();
        for (var i = 0; Clock.GetUtcNow() - start < TimeSpan.FromMinutes(10); i++)
        {
            await PassAsync(random.Next(1, 700));
            var tokens = random.Next(1, 60);
            if (await ReserveAsync(store, $"req_{i}", limits, new(tokens, 0, 1, 0)) is ReserveAnswer.Admitted)
            {
                admitted.Add((Clock.GetUtcNow().ToUnixTimeMilliseconds(), tokens));
            }
        }

        var fullest = admitted.Max(first => admitted.Where(other => other.At >= first.At && other.At < first.At + 60_000).Sum(other => other.Tokens));

        Assert.InRange(fullest, Most * 9 / 10, Most);
        Assert.True(admitted.Sum(one => one.Tokens) > Most * 10 * 0.95, "Buckets cost more throughput than stated.");
    }

    [Theory(Timeout = Timeout)]
    [InlineData("minute")]
    [InlineData("hour")]
    public async Task Whoever_a_rolling_limit_refuses_waits_no_longer_than_its_period_and_is_let_in_then(string name)
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        var per = LimitWords.Periods[name];
        var period = QuotaWindows.PeriodOf(per);
        Limit[] limits = [LimitOf(LimitUnit.Requests, per, 2)];
        await PassAsync((int)(QuotaWindows.BucketLengthOf(per) - (Clock.GetUtcNow().ToUnixTimeMilliseconds() % QuotaWindows.BucketLengthOf(per)) + 100));
        await ReserveAsync(store, "req_1", limits, OneRequest);
        await PassAsync(40);
        await ReserveAsync(store, "req_2", limits, OneRequest);
        await PassAsync(10);

        var refused = Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_3", limits, OneRequest));

        Assert.Equal(TimeSpan.FromMilliseconds(period - 10), refused.RetryAfter);
        await PassAsync((int)period - 11);
        Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_4", limits, OneRequest));
        await PassAsync(1);
        Assert.IsType<ReserveAnswer.Admitted>(await ReserveAsync(store, "req_5", limits, OneRequest));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_clock_that_steps_back_reopens_no_window_and_one_that_steps_far_asks_for_a_rebuild()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Requests, LimitPeriod.Minute, 1)];
        await ReserveAsync(store, "req_1", limits, OneRequest);

        await PassAsync(-QuotaWindows.MaxStepBack);
        Assert.IsType<ReserveAnswer.Refused>(await ReserveAsync(store, "req_2", limits, OneRequest));
        await PassAsync(-1);
        var answer = await store.ReserveAsync(Shard, "req_3", Lease, limits, OneRequest, Cancel);

        Assert.Equal(StoreFailureKind.ClockWentBack, FailureOf(answer));
        await OpenAsync(store, Shard with { Epoch = 2 });
        Assert.IsType<ReserveAnswer.Admitted>(Value(await store.ReserveAsync(Shard with { Epoch = 2 }, "req_4", Lease, limits, OneRequest, Cancel)));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_rebuild_brings_back_sums_running_calls_and_the_memory_of_ended_ones()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        Limit[] limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000), LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 1)];
        var next = Shard with { Epoch = 2 };
        QuotaSnapshot ledger = new(
            [new(limits[0].Id, LimitPeriod.Total, 0, 0, 800)],
            [
                new("req_runs", ReservationState.Held, Lease, [new(limits[0].Id, LimitPeriod.Total, LimitUnit.Tokens, 0, 300), new(limits[1].Id, LimitPeriod.None, LimitUnit.Concurrent, 0, 1)]),
                new("req_ended", ReservationState.Settled, TimeSpan.Zero, [new(limits[0].Id, LimitPeriod.Total, LimitUnit.Tokens, 0, 500)]),
            ]);

        await OpenAsync(store, next, ledger);

        var figures = Value(await store.ReadAsync(next, limits, Cancel));
        Assert.Equal([(500L, 300L), (0L, 1L)], figures.Select(figure => (figure.Used, figure.Reserved)));
        Assert.IsType<ReserveAnswer.Refused>(Value(await store.ReserveAsync(next, "req_new", Lease, limits, new(1, 0, 1, 0), Cancel)));
        Assert.Equal(EndResult.Duplicate, Value(await store.SettleAsync(next, "req_ended", OneRequest, Cancel)).Result);
        Assert.Equal(EndResult.Done, Value(await store.SettleAsync(next, "req_runs", new(50, 50, 1, 0), Cancel)).Result);
        Assert.Equal(600, Value(await store.ReadAsync(next, limits, Cancel))[0].Used);
        Assert.Equal(StoreFailureKind.OtherEpoch, FailureOf(await store.ReadAsync(Shard, limits, Cancel)));
    }

    [Fact(Timeout = Timeout)]
    public async Task Of_two_rebuilds_the_later_wins_and_the_earlier_learns_it()
    {
        var store = await OpenStoreAsync(TestContext.Current.CancellationToken);
        var (earlier, later) = (Shard with { Epoch = 2 }, Shard with { Epoch = 3 });

        Assert.True(Value(await store.BeginRebuildAsync(earlier, Cancel)));
        Assert.True(Value(await store.BeginRebuildAsync(later, Cancel)));

        Assert.False(Value(await store.LoadAsync(earlier, new([new("0123456789abcdef", LimitPeriod.Total, 0, 0, 5)], []), Cancel)));
        Assert.False(Value(await store.ActivateAsync(earlier, Cancel)));
        Assert.False(Value(await store.BeginRebuildAsync(earlier, Cancel)));
        Assert.True(Value(await store.ActivateAsync(later, Cancel)));
        Assert.True(Value(await store.ActivateAsync(later, Cancel)));
        Assert.False(Value(await store.BeginRebuildAsync(later, Cancel)));
    }

    private protected async Task<ReserveAnswer> ReserveAsync(IQuotaStore store, string id, Limit[] limits, Charge estimate) =>
        Value(await store.ReserveAsync(Shard, id, Lease, limits, estimate, Cancel));

    private protected async Task PassAsync(long milliseconds)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await ClockMovedAsync();
    }
}
