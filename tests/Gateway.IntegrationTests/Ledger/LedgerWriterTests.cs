using System.Threading.Channels;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.IntegrationTests.Ledger;

public class LedgerWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_row_comes_back_as_it_was_recorded()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var full = Rows.Completed();
        var bare = new LedgerEntry
        {
            Id = new RequestIds(TimeProvider.System).Next(),
            Time = Rows.Noon,
            Endpoint = "embeddings",
            Status = 401,
            Outcome = CallOutcome.Rejected,
            Duration = TimeSpan.FromMilliseconds(1),
            ErrorCode = "invalid_api_key",
            User = "",
        };

        await RecordAsync(process, full, bare);

        Assert.Equal(full, await process.Queries.FindAsync(full.Id, Cancel));
        Assert.Equal(bare, await process.Queries.FindAsync(bare.Id, Cancel));
    }

    [Fact]
    public async Task Only_so_many_calls_a_minute_without_a_valid_key_have_rows()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var ids = new RequestIds(TimeProvider.System);
        var strangers = Enumerable.Range(0, 3_000).Select(_ => new LedgerEntry
        {
            Id = ids.Next(),
            Time = Rows.Noon,
            Endpoint = "embeddings",
            Status = 401,
            Outcome = CallOutcome.Rejected,
            Duration = TimeSpan.FromMilliseconds(1),
            ErrorCode = "invalid_api_key",
        }).ToArray();
        var known = Rows.Completed();

        foreach (var entry in (LedgerEntry[])[.. strangers, known])
        {
            Assert.True(process.Ledger.TryReserve());
            process.Ledger.Record(entry);
        }

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Ledger.TakenSlots == 0), TimeSpan.FromSeconds(20), Cancel);
        // A minute may turn in between.
        var rows = (long)(Sql.Scalar(_folder.DatabasePath, "select count(*) from requests where status = 401") ?? 0L);
        Assert.True(rows is 1_000 or 2_000, $"{rows} rows.");
        Assert.NotNull(await process.Queries.FindAsync(known.Id, Cancel));
    }

    [Fact]
    public async Task A_committed_row_is_in_the_file_for_anyone_who_opens_it()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var row = Rows.Completed();

        await RecordAsync(process, row);

        using var copy = new TempFolder();
        await _folder.CopyToAsync(copy, Cancel);

        Assert.Equal(1L, Sql.Scalar(copy.DatabasePath, $"select count(*) from requests where id = '{row.Id}'"));
    }

    [Fact]
    public async Task A_row_recorded_twice_is_there_once()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var row = Rows.Completed();

        await RecordAsync(process, row, row);

        Assert.Equal(1L, Sql.Scalar(_folder.DatabasePath, "select count(*) from requests"));
    }

    [Fact]
    public async Task Many_callers_at_once_lose_no_row()
    {
        const int Callers = 8, RowsEach = 2_000;
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);

        await Parallel.ForAsync(0, Callers, Cancel, (_, _) =>
        {
            for (var n = 0; n < RowsEach; n++)
            {
                Assert.True(process.Ledger.TryReserve());
                process.Ledger.Record(Rows.Completed());
            }

            return ValueTask.CompletedTask;
        });
        await DrainedAsync(process);

        Assert.Equal((long)Callers * RowsEach, Sql.Scalar(_folder.DatabasePath, "select count(*) from requests"));
    }

    [Fact]
    public async Task Slots_run_out_at_the_bound_and_come_back_with_the_commit()
    {
        const int Slots = 100;
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, queueRows: Slots);
        Assert.All(Enumerable.Range(0, Slots), _ => Assert.True(process.Ledger.TryReserve()));

        Assert.False(process.Ledger.TryReserve());

        process.Ledger.Record(Rows.Completed());
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Ledger.TryReserve()), TimeSpan.FromSeconds(10), Cancel);
        Assert.All(Enumerable.Range(0, Slots), _ => process.Ledger.Record(Rows.Completed()));
        await DrainedAsync(process);
        Assert.Equal(Slots + 1L, Sql.Scalar(_folder.DatabasePath, "select count(*) from requests"));
    }

    [Fact]
    public async Task A_database_that_fails_and_comes_back_loses_no_row()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var tries = Watch(process);
        var row = Rows.Completed();
        using (Sql.HoldWriteLock(_folder.DatabasePath))
        {
            Assert.True(process.Ledger.TryReserve());
            process.Ledger.Record(row);

            var failed = await tries.ReadAsync(Cancel);

            Assert.False(failed.Succeeded);
            Assert.False(process.Health.IsHealthy);
            Assert.Equal(1, process.Ledger.QueuedRows);
        }

        await DrainedAsync(process);
        Assert.Equal(row, await process.Queries.FindAsync(row.Id, Cancel));
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Health.IsHealthy), TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task A_stop_waits_for_calls_that_still_owe_their_row()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        Assert.True(process.Ledger.TryReserve());

        var stop = process.StopAsync(Cancel);
        Assert.False(stop.IsCompleted);
        process.Ledger.Record(Rows.Completed());
        await stop;

        Assert.Equal(1L, Sql.Scalar(_folder.DatabasePath, "select count(*) from requests"));
        Assert.False(process.Ledger.TryReserve());
    }

    [Fact]
    public async Task A_stop_waits_longer_than_the_host_for_a_call_that_is_still_being_settled()
    {
        var time = new FakeTimeProvider();
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: time);
        Assert.True(process.Ledger.TryReserve());

        var stop = process.Ledger.StopAsync(new CancellationToken(canceled: true));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(stop.IsCompleted);
        process.Ledger.Record(Rows.Completed());
        await stop;

        Assert.Equal(1L, Sql.Scalar(_folder.DatabasePath, "select count(*) from requests"));
    }

    [Fact]
    public async Task A_stop_waits_no_longer_than_settling_may_take()
    {
        var time = new FakeTimeProvider();
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: time);
        Assert.True(process.Ledger.TryReserve());

        var stop = process.Ledger.StopAsync(new CancellationToken(canceled: true));
        time.Advance(TimeSpan.FromSeconds(30));

        await stop;
    }

    [Fact]
    public async Task A_stop_waits_for_a_database_that_comes_back()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var tries = Watch(process);
        Task stop;
        using (Sql.HoldWriteLock(_folder.DatabasePath))
        {
            Assert.True(process.Ledger.TryReserve());
            process.Ledger.Record(Rows.Completed());
            await tries.ReadAsync(Cancel);

            stop = process.StopAsync(Cancel);
        }

        await stop;
        Assert.Equal(1L, Sql.Scalar(_folder.DatabasePath, "select count(*) from requests"));
    }

    [Fact]
    public async Task A_keys_last_use_is_its_newest_call()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await process.NewKeyAsync(new KeySpec("ci", null, null, new Dictionary<string, string>()), Cancel);
        var newest = Rows.Completed(Rows.Noon.AddMinutes(1)) with { KeyId = made.Key.Id };

        await RecordAsync(process, newest, Rows.Completed() with { KeyId = made.Key.Id });
        await RecordAsync(process, Rows.Completed() with { KeyId = made.Key.Id });

        Assert.True((await process.Keys.FindAsync(made.Key.Id, Cancel)).TryGet(out var key, out _));
        Assert.Equal(newest.Time, key.LastUsedAt);
    }

    [Fact]
    public async Task What_no_database_takes_is_replaced_and_holds_up_no_other_row()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var row = Rows.Completed() with { User = "a\0b", Model = "half a \ud83d", UpstreamRequestId = new string('x', 255) + "\ud83d\udc4b" };
        var next = Rows.Completed();

        await RecordAsync(process, row, next);

        var kept = await process.Queries.FindAsync(row.Id, Cancel);
        Assert.Equal(("a\ufffdb", "half a \ufffd", new string('x', 255)), (kept?.User, kept?.Model, kept?.UpstreamRequestId));
        Assert.Equal(next, await process.Queries.FindAsync(next.Id, Cancel));
        Assert.Equal(row.Id, Assert.Single((await process.Queries.PageAsync(new LedgerFilter { Model = "half a \ud83d" }, null, 10, Cancel)).Rows).Id);
        Assert.DoesNotContain(next, (await process.Queries.PageAsync(new LedgerFilter { Search = "\0" }, null, 10, Cancel)).Rows);
    }

    [Fact]
    public async Task A_name_as_long_as_a_body_is_cut()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var row = Rows.Completed() with { Model = new string('m', 1 << 20) };

        await RecordAsync(process, row);

        Assert.Equal(256, (await process.Queries.FindAsync(row.Id, Cancel))?.Model?.Length);
    }

    private static async Task RecordAsync(StoreProcess process, params LedgerEntry[] rows)
    {
        foreach (var row in rows)
        {
            Assert.True(process.Ledger.TryReserve());
            process.Ledger.Record(row);
        }

        await DrainedAsync(process);
    }

    private static Task DrainedAsync(StoreProcess process) =>
        Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Ledger.TakenSlots == 0), TimeSpan.FromSeconds(30), Cancel);

    private static ChannelReader<JournalCommit> Watch(StoreProcess process)
    {
        var tries = Channel.CreateUnbounded<JournalCommit>();
        process.Journal.Tried += commit => tries.Writer.TryWrite(commit);
        return tries.Reader;
    }
}
