using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Xunit;
using static Gateway.IntegrationTests.Quotas.KeeperWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Counters in the process and the ledger beside them, through everything that can happen to a call.</summary>
public class QuotaKeeperTests : IDisposable
{
    private static readonly Limit Total = LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000_000);
    private static readonly Limit Minute = LimitOf(LimitUnit.Tokens, LimitPeriod.Minute, 1_000_000);
    private static readonly Limit Month = LimitOf(LimitUnit.Requests, LimitPeriod.Month, 1_000_000);
    private static readonly Limit AtOnce = LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 1_000);

    /// <summary>Longer than a database counts as there without being asked.</summary>
    private static readonly TimeSpan TrustEnds = TimeSpan.FromSeconds(1);
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_call_spent_replaces_what_it_reserved()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var admission = await AdmitAsync(process, Total, Month, AtOnce);
        Assert.True(await admission.Committed);
        Assert.Equal<long>([30, 1, 1], (await FiguresAsync(process, Total, Month, AtOnce)).Select(figure => figure.Reserved));

        Record(process, admission, new(7, 4, 1, 0));
        await DrainedAsync(process);

        var figures = await FiguresAsync(process, Total, Month, AtOnce);
        Assert.Equal<long>([11, 1, 0], figures.Select(figure => figure.Counted));
        Assert.All(figures, figure => Assert.Equal(0, figure.Reserved));
        Assert.Equal(11, LedgerTokens(_folder.DatabasePath));
        Assert.Equal(0, Reservations(_folder.DatabasePath));
    }

    [Fact]
    public async Task A_call_that_never_reached_an_upstream_costs_nothing()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var admission = await AdmitAsync(process, Total, Month);

        Record(process, admission, default);
        await DrainedAsync(process);

        Assert.Equal<long>([0, 0], (await FiguresAsync(process, Total, Month)).Select(figure => figure.Counted));
        Assert.Equal(0, Reservations(_folder.DatabasePath));
    }

    [Fact]
    public async Task A_thousand_calls_at_once_share_what_is_left_for_one()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var one = LimitOf(LimitUnit.Requests, LimitPeriod.Day, 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => Task.Run(async () => await process.Quotas.AdmitAsync(Ask(one, Total), Cancel), Cancel)));

        var admitted = Assert.Single(answers.OfType<AdmitAnswer.Admitted>());
        Assert.Equal(999, answers.OfType<AdmitAnswer.Refused>().Count());
        Record(process, admitted.Admission, Estimate);
        await DrainedAsync(process);
        Assert.Equal<long>([1, 30], (await FiguresAsync(process, one, Total)).Select(figure => figure.Counted));
    }

    [Fact]
    public async Task One_call_after_the_other_never_meets_what_the_last_one_held()
    {
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock);
        var one = LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 1);
        var few = LimitOf(LimitUnit.Tokens, LimitPeriod.Day, 139);

        for (var i = 0; i < 100; i++)
        {
            // The caller has the answer, and nothing is durable yet.
            Record(process, await AdmitAsync(process, one, few), new(1, 0, 1, 0));
        }

        await DrainedAsync(process);
        Assert.Equal<long>([0, 100], (await FiguresAsync(process, one, few)).Select(figure => figure.Counted));
    }

    [Fact]
    public async Task A_call_whose_answer_is_still_counted_makes_the_next_one_wait_and_not_fail()
    {
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock);
        var one = LimitOf(LimitUnit.Concurrent, LimitPeriod.None, 1);
        var first = await AdmitAsync(process, one);
        Assert.IsType<AdmitAnswer.Refused>(await process.Quotas.AdmitAsync(Ask(one), Cancel));

        first.Answered();
        var next = AdmitAsync(process, one);
        Record(process, first, Estimate);

        Assert.Equal(1, (await next).Figures.Single().Counted);
    }

    [Fact]
    public async Task An_admission_ends_once()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var admission = await AdmitAsync(process, Total);
        Record(process, admission, Estimate);

        Assert.Throws<InvalidOperationException>(() => admission.Settle(Estimate));
        Assert.Throws<InvalidOperationException>(admission.Release);
    }

    [Fact]
    public async Task A_restart_finds_the_counters_as_the_ledger_has_them()
    {
        LimitFigure[] before;
        await using (var first = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            for (var i = 0; i < 20; i++)
            {
                Record(first, await AdmitAsync(first, Total, Minute, Month, AtOnce), new(i, 3, 1, 0));
            }

            await DrainedAsync(first);
            before = await FiguresAsync(first, Total, Month, AtOnce);
        }

        await using var second = await StoreProcess.StartAsync(_folder.Path, Cancel);

        Assert.Equal(before.Select(figure => figure.Counted), (await FiguresAsync(second, Total, Month, AtOnce)).Select(figure => figure.Counted));
        Assert.Equal(250, LedgerTokens(_folder.DatabasePath));
        Assert.Equal(250, (await FiguresAsync(second, Total)).Single().Counted);
    }

    [Theory]
    [InlineData("taken by the counters", 0, 0)]
    [InlineData("durable", 30, 1)]
    [InlineData("answered", 30, 1)]
    [InlineData("recorded", 11, 1)]
    [InlineData("stopped", 11, 1)]
    public async Task A_killed_process_leaves_spend_that_is_counted_once(string point, long tokens, long rows)
    {
        using var killed = new TempFolder();
        var clock = new LeapingClock();
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock))
        {
            await KillAtAsync(process, clock, point, killed);
        }

        await using var restarted = await StoreProcess.StartAsync(killed.Path, Cancel);

        Assert.Equal<long>([tokens, rows, 0], (await FiguresAsync(restarted, Total, Month, AtOnce)).Select(figure => figure.Counted));
        Assert.Equal(tokens, LedgerTokens(killed.DatabasePath));
        Assert.Equal(0, Reservations(killed.DatabasePath));
        var expired = Sql.Scalar(killed.DatabasePath, "select count(*) from requests where outcome = 7 and token_source = 3");
        Assert.Equal(tokens == 30 ? 1L : 0L, expired);
    }

    [Fact]
    public async Task A_second_process_on_the_same_files_ends_the_firsts_admissions()
    {
        await using var first = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var running = await AdmitAsync(first, Total);
        Assert.True(await running.Committed);
        await using var second = await StoreProcess.StartAsync(_folder.Path, Cancel);
        Assert.Equal(30, (await FiguresAsync(second, Total)).Single().Counted);

        var late = await AdmitAsync(first, Total);
        Assert.False(await late.Committed);
        Record(first, late, default);
        Assert.IsType<AdmitAnswer.Unavailable>(await first.Quotas.AdmitAsync(Ask(Total), Cancel));

        // What the second took for dead had its own word to say, and it is the ledger's.
        Record(first, running, new(7, 4, 1, 0));
        await DrainedAsync(first);
        Assert.True(await (await AdmitAsync(second, Total)).Committed);
        Assert.Equal(11, LedgerTokens(_folder.DatabasePath));
        Assert.Equal(60, (await FiguresAsync(second, Total)).Single().Counted);
        await InTablesAsync(second);
        Assert.Equal(41L, Sql.Scalar(_folder.DatabasePath, $"select counted from quota_usage where limit_id = '{Total.Id}'"));
    }

    [Fact]
    public async Task A_reservation_that_cannot_be_written_is_said_so_and_leaves_nothing()
    {
        var clock = new LeapingClock();
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock);
        Record(process, await AdmitAsync(process, Total), Estimate);
        await DrainedAsync(process);
        Admission admission;
        using (Sql.HoldWriteLock(_folder.DatabasePath))
        {
            clock.Leap(TrustEnds);
            admission = await AdmitAsync(process, Total);

            Assert.False(await admission.Committed);
        }

        Record(process, admission, default);
        await DrainedAsync(process);
        Assert.Equal(30, (await FiguresAsync(process, Total)).Single().Counted);
        Assert.Equal(0, Reservations(_folder.DatabasePath));
    }

    [Fact]
    public async Task A_stop_leaves_nothing_held()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        for (var i = 0; i < 50; i++)
        {
            Record(process, await AdmitAsync(process, Total, AtOnce), new(2, 3, 1, 0));
        }

        await process.StopAsync(Cancel);

        Assert.Equal(0, Reservations(_folder.DatabasePath));
        Assert.Equal(250, LedgerTokens(_folder.DatabasePath));
        Assert.Equal(250L, Sql.Scalar(_folder.DatabasePath, $"select counted from quota_usage where limit_id = '{Total.Id}'"));
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_settled_as_reserved_and_corrected_by_a_late_word()
    {
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock);
        var lost = await AdmitAsync(process, Total, AtOnce);
        Assert.True(await lost.Committed);
        process.Quotas.Abandon(lost);

        clock.Advance(TimeSpan.FromSeconds(61));
        await process.Tending.TendAsync(Cancel);

        Assert.Equal<long>([30, 0], (await FiguresAsync(process, Total, AtOnce)).Select(figure => figure.Counted));
        Assert.Equal(30, LedgerTokens(_folder.DatabasePath));
        Assert.Equal(0, Reservations(_folder.DatabasePath));

        Record(process, lost, new(7, 4, 1, 0));
        await DrainedAsync(process);
        Assert.Equal(11, (await FiguresAsync(process, Total)).Single().Counted);
        Assert.Equal(11, LedgerTokens(_folder.DatabasePath));
    }

    [Fact]
    public async Task A_running_call_keeps_its_lease()
    {
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock);
        var admission = await AdmitAsync(process, AtOnce);

        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(40));
            await process.Tending.TendAsync(Cancel);
        }

        Assert.Equal(1, (await FiguresAsync(process, AtOnce)).Single().Counted);
        Record(process, admission, Estimate);
        await DrainedAsync(process);
        Assert.Equal(0, (await FiguresAsync(process, AtOnce)).Single().Counted);
    }

    [Fact]
    public async Task A_clock_that_steps_back_makes_the_counters_be_read_anew()
    {
        var clock = new SteppingClock(TimeProvider.System.GetUtcNow());
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: clock);
        var running = await AdmitAsync(process, Total);
        Assert.True(await running.Committed);

        clock.Advance(TimeSpan.FromHours(-1));
        var after = await AdmitAsync(process, Total);

        Assert.True(await after.Committed);
        Assert.Equal(60, (await FiguresAsync(process, Total)).Single().Counted);
        Record(process, running, Estimate);
        Record(process, after, new(1, 1, 1, 0));
        await DrainedAsync(process);
        Assert.Equal(32, (await FiguresAsync(process, Total)).Single().Counted);
    }

    /// <summary>Brings a call to a point and takes the files as they are there: what a killed process leaves, no checkpoint, no goodbye.</summary>
    private async Task KillAtAsync(StoreProcess process, LeapingClock clock, string point, TempFolder killed)
    {
        Record(process, await AdmitAsync(process, LimitOf(LimitUnit.Tokens, LimitPeriod.Hour, 100)), default);
        await DrainedAsync(process);
        var locked = Sql.HoldWriteLock(_folder.DatabasePath);
        clock.Leap(TrustEnds);
        var reserved = process.Quotas.AdmitAsync(Ask(Total, Month, AtOnce), Cancel).AsTask();
        if (point == "taken by the counters")
        {
            await _folder.CopyToAsync(killed, Cancel);
        }

        locked.Dispose();
        var admission = Assert.IsType<AdmitAnswer.Admitted>(await reserved).Admission;
        Assert.True(await admission.Committed);
        if (point == "durable")
        {
            await _folder.CopyToAsync(killed, Cancel);
        }

        locked = Sql.HoldWriteLock(_folder.DatabasePath);
        Record(process, admission, new(7, 4, 1, 0));
        if (point == "answered")
        {
            await _folder.CopyToAsync(killed, Cancel);
        }

        locked.Dispose();
        await DrainedAsync(process);
        if (point == "recorded")
        {
            await _folder.CopyToAsync(killed, Cancel);
        }

        await process.StopAsync(Cancel);
        if (point == "stopped")
        {
            await _folder.CopyToAsync(killed, Cancel);
        }
    }
}
