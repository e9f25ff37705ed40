using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Quotas;
using Gateway.Storage;
using Npgsql;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>What SQLite's one writer rules out: two processes in the middle of writing at the same moment.</summary>
[OnPostgres]
public sealed class PostgresRaceTests : IDisposable
{
    private const string Tag = "team_1";

    private const string InsertRow =
        """
        insert into requests (id, "time", endpoint, status, outcome, stream, input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source,
            attempts, duration_ms, reserved_tokens, content, error_code)
        values ($1, 0, 'chat/completions', 500, $2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, $3)
        """;

    private const string Settle =
        """
        with gone as (delete from reservations where id = $1 returning id)
        insert into requests (id, "time", endpoint, status, outcome, stream, input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source,
            attempts, duration_ms, reserved_tokens, content)
        select id, 0, 'chat/completions', 500, 7, 0, 1, 1, 0, 0, 3, 1, 0, 2, 0 from gone
        """;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_reservation_of_an_epoch_comes_after_the_next_one_was_raised()
    {
        await using var first = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        await using var second = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        Assert.True(await MoveAsync(second, 0, 1));
        var epoch = 1L;
        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                await WriteAsync(first, Volatile.Read(ref epoch));
            }
        }).ToArray();

        var seen = new Dictionary<long, long>();
        for (var next = 2L; next <= 40; next++)
        {
            var before = next - 1;
            await Eventually.IsTrueAsync(() => ValueTask.FromResult(Count(before) > 0), TimeSpan.FromSeconds(20), Cancel);
            Assert.True(await MoveAsync(second, before, next));
            seen[before] = Count(before);
            Volatile.Write(ref epoch, next);
        }

        await done.CancelAsync();
        await Task.WhenAll(writers);
        Assert.All(seen, pair => Assert.Equal(pair.Value, Count(pair.Key)));
    }

    [Fact]
    public async Task A_reservation_that_comes_while_it_is_declared_void_is_either_kept_or_void()
    {
        await using var first = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        await using var second = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        Assert.True(await MoveAsync(second, 0, 1));

        for (var round = 0; round < 60; round++)
        {
            var row = Row(1);
            var reconcile = new ReconcileWrite(Tag, [row.Id], TimeProvider.System.GetUtcNow());
            var write = new ReservationWrite(row, [], Tag, asRow: true);
            first.Journal.Add(write);
            second.Journal.Add(reconcile);

            var result = await write.Result.WaitAsync(Cancel);
            var orphans = await reconcile.Done.WaitAsync(Cancel) ?? throw new InvalidOperationException("The ledger did not answer.");

            Assert.Equal(result == ReservationResult.Fenced, orphans.Count == 1);
        }
    }

    /// <summary>Two gateways find the same dead one's calls at the same moment, as they do each second or so.</summary>
    [Fact]
    public async Task A_call_that_another_process_is_just_settling_as_spent_is_not_given_back()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        Assert.True(await MoveAsync(process, 0, 1));
        var row = Row(1);
        var held = new ReservationWrite(row, [], Tag, asRow: true);
        process.Journal.Add(held);
        Assert.Equal(ReservationResult.Durable, await held.Result.WaitAsync(Cancel));
        await using var other = new NpgsqlConnection(_folder.DatabasePath + ";Pooling=false");
        await other.OpenAsync(Cancel);
        await using var transaction = await other.BeginTransactionAsync(Cancel);
        await using (var settle = new NpgsqlCommand(Settle, other))
        {
            settle.Parameters.Add(new() { Value = row.Id });
            await settle.ExecuteNonQueryAsync(Cancel);
        }

        var reconcile = new ReconcileWrite(Tag, [row.Id], TimeProvider.System.GetUtcNow());
        process.Journal.Add(reconcile);
        await WaitsAsync();
        await transaction.CommitAsync(Cancel);

        Assert.Equal([], await reconcile.Done.WaitAsync(Cancel));
        Assert.Equal(0L, Sql.Scalar(_folder.DatabasePath, "select count(*) from reservations"));
    }

    /// <summary>It has a row, since it was told that the counters did not answer; they had let it in all the same.</summary>
    [Theory]
    [InlineData(6, "quota_store_unavailable", true)]
    [InlineData(3, "store_unavailable", true)]
    [InlineData(3, "upstream_error", false)]
    [InlineData(3, null, false)]
    [InlineData(0, null, false)]
    [InlineData(7, null, false)]
    public async Task A_call_that_was_turned_away_for_want_of_an_answer_is_given_back_and_no_other_that_has_a_row(int outcome, string? code, bool isGivenBack)
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        var id = Row(1).Id;
        await using (var connection = new NpgsqlConnection(_folder.DatabasePath + ";Pooling=false"))
        {
            await connection.OpenAsync(Cancel);
            await using var insert = new NpgsqlCommand(InsertRow, connection);
            insert.Parameters.Add(new() { Value = id });
            insert.Parameters.Add(new() { Value = outcome });
            insert.Parameters.Add(new() { Value = (object?)code ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            await insert.ExecuteNonQueryAsync(Cancel);
        }

        var reconcile = new ReconcileWrite(Tag, [id], TimeProvider.System.GetUtcNow());
        process.Journal.Add(reconcile);

        Assert.Equal(isGivenBack ? [id] : [], await reconcile.Done.WaitAsync(Cancel));
    }

    [Fact]
    public async Task A_group_that_waits_for_another_process_is_written_when_that_one_lets_go()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1");
        Assert.True(await MoveAsync(process, 0, 1));
        await using var other = new NpgsqlConnection(_folder.DatabasePath + ";Pooling=false");
        await other.OpenAsync(Cancel);
        await using var transaction = await other.BeginTransactionAsync(Cancel);
        await using (var raise = new NpgsqlCommand($"update quota_epochs set epoch = 2 where tag = '{Tag}'", other))
        {
            await raise.ExecuteNonQueryAsync(Cancel);
        }

        var write = new ReservationWrite(Row(1), [], Tag, asRow: true);
        process.Journal.Add(write);
        await WaitsAsync();
        await transaction.CommitAsync(Cancel);

        Assert.Equal(ReservationResult.Fenced, await write.Result.WaitAsync(Cancel));
    }

    /// <summary>Until somebody waits for a lock.</summary>
    private Task WaitsAsync() => Eventually.IsTrueAsync(
        () => ValueTask.FromResult(Sql.Scalar(_folder.DatabasePath, "select count(*) from pg_locks where not granted") is not 0L), TimeSpan.FromSeconds(4), Cancel);

    private static async Task<bool> MoveAsync(StoreProcess process, long from, long to)
    {
        var move = new EpochWrite(Tag, from, to, building: false, 0);
        process.Journal.Add(move);
        return await move.Done.WaitAsync(Cancel);
    }

    private static Task<ReservationResult> WriteAsync(StoreProcess process, long epoch)
    {
        var write = new ReservationWrite(Row(epoch), [], Tag, asRow: true);
        process.Journal.Add(write);
        return write.Result;
    }

    private static ReservationRow Row(long epoch) => new()
    {
        Id = "req_" + Guid.NewGuid().ToString("N"),
        Tag = Tag,
        Epoch = epoch,
        Stage = (int)ReservationStage.Held,
        Created = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        Time = 0,
        Endpoint = "chat/completions",
        Stream = false,
        InputTokens = 1,
        OutputTokens = 1,
        Requests = 1,
        MicroDollars = 0,
        Charges = "",
    };

    private long Count(long epoch) => (long)(Sql.Scalar(_folder.DatabasePath, $"select count(*) from reservations where epoch = {epoch}") ?? -1L);
}
