using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Gateway.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Gateway.IntegrationTests.Quotas.KeeperWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>What a gateway that counts in itself has reserved, kept beside the database until the calls are over.</summary>
public sealed class ReservationLogTests : IDisposable
{
    private static readonly Limit Total = LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000_000_000);
    private readonly TempFolder _folder = new();
    private readonly TempFolder _killed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _killed.Dispose();
    }

    [Fact]
    public async Task A_call_is_a_line_until_somebody_reads_the_tables()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var running = await AdmitAsync(process, Total);
        Assert.True(await running.Committed);
        Assert.Equal(0, Reservations(_folder.DatabasePath));
        Assert.Contains(running.Ask.Request.Value, await File.ReadAllTextAsync(LogOf(_folder), Cancel), StringComparison.Ordinal);

        await InTablesAsync(process);
        Assert.Equal(1, Reservations(_folder.DatabasePath));
        Assert.Equal(30L, Counted(_folder));

        Record(process, running, new(7, 4, 1, 0));
        await DrainedAsync(process);
        Assert.Equal(0, Reservations(_folder.DatabasePath));
        Assert.Equal(11L, Counted(_folder));
        Assert.Equal(11, (await FiguresAsync(process, Total)).Single().Counted);
    }

    [Fact]
    public async Task A_strict_gateway_writes_rows()
    {
        await using var process = await StoreProcess.StartAsync(
            _folder.Path, Cancel, change: services => services.PostConfigure<QuotaOptions>(options => options.Quotas.Strict = true));

        Assert.True(await (await AdmitAsync(process, Total)).Committed);

        Assert.Equal(1, Reservations(_folder.DatabasePath));
        Assert.Empty(LogsIn(_folder));
    }

    /// <summary>More lines than the log holds, and some calls of each file that go on all the while.</summary>
    [Fact]
    public async Task A_log_that_is_full_is_emptied_and_what_runs_outlives_it()
    {
        const int Calls = 4_000;
        const int Running = Calls / 100;
        const int FileBytes = 64 << 10;
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel, change: services => services.AddSingleton(new ReservationLog(_folder.Path, TimeProvider.System, FileBytes))))
        {
            for (var i = 1; i <= Calls; i++)
            {
                var call = await AdmitAsync(process, Total);
                Assert.True(await call.Committed);
                if (i % 100 != 0)
                {
                    Record(process, call, new(1, 0, 1, 0));
                }

                if (i % 200 == 0)
                {
                    await DrainedButForAsync(process, running: i / 100);
                }
            }

            Assert.InRange(Reservations(_folder.DatabasePath), 1, Running);
            Assert.InRange(LogsIn(_folder).Sum(path => new FileInfo(path).Length), 1, 12 * FileBytes);
            await _folder.CopyToAsync(_killed, Cancel);
        }

        await using var restarted = await StoreProcess.StartAsync(_killed.Path, Cancel);

        Assert.Equal(Calls - Running + (30 * Running), (await FiguresAsync(restarted, Total)).Single().Counted);
        Assert.Equal(Calls - Running + (30 * Running), LedgerTokens(_killed.DatabasePath));
        Assert.Equal((long)Running, Sql.Scalar(_killed.DatabasePath, "select count(*) from requests where outcome = 7"));
    }

    /// <summary>Each of many callers at once appends its own line, while the journal writes rows and makes rows of lines.</summary>
    [Fact]
    public async Task Lines_of_many_callers_at_once_are_all_kept()
    {
        const int Callers = 16;
        const int Calls = 200;
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel, change: services => services.AddSingleton(new ReservationLog(_folder.Path, TimeProvider.System, 64 << 10))))
        {
            await Parallel.ForAsync(0, Callers, Cancel, async (caller, cancel) =>
            {
                for (var i = 0; i < Calls; i++)
                {
                    var call = await AdmitAsync(process, Total);
                    Assert.True(await call.Committed);
                    if (i % 50 == caller)
                    {
                        await InTablesAsync(process);
                    }

                    if (i % 2 == 0)
                    {
                        Record(process, call, new(1, 0, 1, 0));
                    }
                }
            });
            await DrainedButForAsync(process, running: Callers * Calls / 2);
            await _folder.CopyToAsync(_killed, Cancel);
        }

        await using var restarted = await StoreProcess.StartAsync(_killed.Path, Cancel);

        Assert.Equal(Callers * Calls / 2 * 31, (await FiguresAsync(restarted, Total)).Single().Counted);
        Assert.Equal(Callers * Calls / 2 * 31, LedgerTokens(_killed.DatabasePath));
    }

    /// <summary>A start that wrote the new epoch's mark and died before its commit.</summary>
    [Fact]
    public async Task A_mark_whose_epoch_never_came_stops_nobody_for_long()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        Assert.True(await (await AdmitAsync(process, Total)).Committed);
        var mark = Path.Combine(_folder.Path, "reservations.epoch");
        var right = await File.ReadAllBytesAsync(mark, Cancel);
        await File.WriteAllBytesAsync(mark, [9, 0, 0, 0, 0, 0, 0, 0], Cancel);

        Assert.True(await (await AdmitAsync(process, Total)).Committed);

        Assert.Equal(right, await File.ReadAllBytesAsync(mark, Cancel));
        Assert.Equal(60, (await FiguresAsync(process, Total)).Single().Counted);
    }

    [Fact]
    public async Task Lines_that_were_never_whole_hide_no_others()
    {
        await KillAsync(calls: 3);
        var lines = await File.ReadAllLinesAsync(LogOf(_killed), Cancel);
        var whole = lines.Where(line => line.Length > 0).ToArray();
        await File.WriteAllTextAsync(LogOf(_killed), $"\n{whole[0]}\n{whole[1][..40]}\n{whole[2]}\n{whole[1][..90]}\0\0\0", Cancel);

        await using var restarted = await StoreProcess.StartAsync(_killed.Path, Cancel);

        Assert.Equal(60, (await FiguresAsync(restarted, Total)).Single().Counted);
        Assert.Equal(60, LedgerTokens(_killed.DatabasePath));
    }

    [Fact]
    public async Task A_start_that_died_before_it_cleaned_up_makes_nothing_count_twice()
    {
        await KillAsync(calls: 2);
        var (path, content) = (LogOf(_killed), await File.ReadAllTextAsync(LogOf(_killed), Cancel));
        await using (await StoreProcess.StartAsync(_killed.Path, Cancel))
        {
            Assert.Empty(LogsIn(_killed));
        }

        await File.WriteAllTextAsync(path, content, Cancel);
        await using var restarted = await StoreProcess.StartAsync(_killed.Path, Cancel);

        Assert.Equal(60, (await FiguresAsync(restarted, Total)).Single().Counted);
        Assert.Equal(60, LedgerTokens(_killed.DatabasePath));
        Assert.Empty(LogsIn(_killed));
    }

    [Fact]
    public async Task Whoever_counts_in_Redis_from_then_on_finds_what_a_killed_gateway_held()
    {
        await KillAsync(calls: 2);

        await using var shared = await StoreProcess.StartAsync(_killed.Path, Cancel, redis: "127.0.0.1:1");

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(LogsIn(_killed).Length == 0), TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal(2, Reservations(_killed.DatabasePath));
        Assert.Equal(60L, Counted(_killed));
    }

    [Fact]
    public async Task A_gateway_that_was_taken_over_leaves_the_later_ones_log_alone()
    {
        var first = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var before = await AdmitAsync(first, Total);
        Assert.True(await before.Committed);
        await using var second = await StoreProcess.StartAsync(_folder.Path, Cancel);
        Assert.True(await (await AdmitAsync(second, Total)).Committed);
        var late = await AdmitAsync(first, Total);
        Assert.False(await late.Committed);
        Record(first, late, default);
        Record(first, before, new(7, 4, 1, 0));
        await DrainedAsync(first);
        await first.DisposeAsync();

        await _folder.CopyToAsync(_killed, Cancel);
        await using var restarted = await StoreProcess.StartAsync(_killed.Path, Cancel);

        Assert.Equal(41, (await FiguresAsync(restarted, Total)).Single().Counted);
        Assert.Equal(41, LedgerTokens(_killed.DatabasePath));
    }

    [Fact]
    public async Task A_stop_leaves_no_log()
    {
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            Record(process, await AdmitAsync(process, Total), new(2, 3, 1, 0));
        }

        Assert.Empty(LogsIn(_folder));
        Assert.Equal(5, LedgerTokens(_folder.DatabasePath));
    }

    /// <summary>A copy of the files as they are while calls run is what a killed process leaves.</summary>
    private async Task KillAsync(int calls)
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        for (var i = 0; i < calls; i++)
        {
            Assert.True(await (await AdmitAsync(process, Total)).Committed);
        }

        await _folder.CopyToAsync(_killed, Cancel);
    }

    private static Task DrainedButForAsync(StoreProcess process, int running) => Eventually.IsTrueAsync(
        () => ValueTask.FromResult(process.Ledger.TakenSlots == 0 && process.Journal.Queued == 0 && process.Quotas.Running.Count() == running),
        TimeSpan.FromSeconds(60),
        Cancel);

    private static string[] LogsIn(TempFolder folder) => Directory.GetFiles(folder.Path, "reservations.*.log");

    private static string LogOf(TempFolder folder) => LogsIn(folder).Single();

    private static long Counted(TempFolder folder) =>
        (long)(Sql.Scalar(folder.DatabasePath, $"select sum(counted) from quota_usage where limit_id = '{Total.Id}'") ?? -1L);
}
