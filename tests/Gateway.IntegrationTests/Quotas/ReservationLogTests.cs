using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
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

    /// <summary>More lines than the log holds, beside a call that goes on all the while.</summary>
    [Fact]
    public async Task A_log_that_is_full_is_emptied_and_what_runs_outlives_it()
    {
        const int Calls = 16_000;
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            var running = await AdmitAsync(process, Total);
            for (var i = 0; i < Calls; i++)
            {
                var call = await AdmitAsync(process, Total);
                Assert.True(await call.Committed);
                Record(process, call, new(1, 0, 1, 0));
            }

            Assert.True(await running.Committed);
            await DrainedButForAsync(process, running: 1);
            Assert.InRange(new FileInfo(LogOf(_folder)).Length, 0, 4 << 20);
            await _folder.CopyToAsync(_killed, Cancel);
        }

        await using var restarted = await StoreProcess.StartAsync(_killed.Path, Cancel);

        Assert.Equal(Calls + 30, (await FiguresAsync(restarted, Total)).Single().Counted);
        Assert.Equal(Calls + 30, LedgerTokens(_killed.DatabasePath));
        Assert.Equal(1L, Sql.Scalar(_killed.DatabasePath, "select count(*) from requests where outcome = 7"));
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
