using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Gateway.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Ledger;

public class LedgerQueriesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pages_hold_every_row_once_newest_first_even_at_one_moment()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var rows = Enumerable.Range(0, 25).Select(n => Rows.Completed(Rows.Noon.AddSeconds(n / 10))).ToList();
        await RecordAsync(process, rows);

        var seen = new List<LedgerEntry>();
        LedgerCursor? after = null;
        do
        {
            var page = await process.Queries.PageAsync(new LedgerFilter(), after, 4, Cancel);
            seen.AddRange(page.Rows);
            after = page.Next is { } next ? LedgerCursor.Parse(next.ToString()) : null;
        }
        while (after is not null);

        Assert.Equal(rows.Select(r => r.Id.Value).Order(), seen.Select(r => r.Id.Value).Order());
        Assert.Equal(seen.Select(r => r.Time).OrderDescending(), seen.Select(r => r.Time));
    }

    [Fact]
    public async Task Each_filter_narrows_and_all_of_them_apply()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var plain = Rows.Completed();
        var other = Rows.Completed(Rows.Noon.AddSeconds(1)) with
        {
            KeyId = new KeyId("key_2"),
            TeamId = "team_1",
            User = "100%_Me\\",
            Model = "o3",
            UpstreamModel = "o3",
            Outcome = CallOutcome.UpstreamError,
            ErrorCode = "upstream_timeout",
            UpstreamRequestId = null,
        };
        await RecordAsync(process, [plain, other]);

        LedgerFilter[] narrow =
        [
            new() { KeyId = "key_2" }, new() { TeamId = "team_1" }, new() { Model = "o3" }, new() { Outcome = CallOutcome.UpstreamError },
            new() { From = other.Time }, new() { Search = "TIMEOUT" }, new() { Search = "0%_m" }, new() { Search = "me\\" }, new() { Search = other.Id.Value },
            new() { KeyId = "key_2", Model = "o3", Outcome = CallOutcome.UpstreamError, From = other.Time, To = other.Time.AddMilliseconds(1), Search = "o3" },
        ];
        foreach (var filter in narrow)
        {
            Assert.Equal(other, Assert.Single((await process.Queries.PageAsync(filter, null, 10, Cancel)).Rows));
        }

        Assert.Equal(plain, Assert.Single((await process.Queries.PageAsync(new LedgerFilter { To = other.Time }, null, 10, Cancel)).Rows));
        Assert.Equal(plain, Assert.Single((await process.Queries.PageAsync(new LedgerFilter { Outcome = CallOutcome.Completed }, null, 10, Cancel)).Rows));
        Assert.Empty((await process.Queries.PageAsync(new LedgerFilter { KeyId = "key_2", Model = "gpt-4o" }, null, 10, Cancel)).Rows);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rated_calls_are_found_by_their_rating_each_once_with_what_else_is_asked(bool oldestFirst)
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var rows = Enumerable.Range(0, 30).Select(n => Rows.Completed(Rows.Noon.AddSeconds(n / 4)) with { User = n % 2 == 0 ? "even" : "odd", Provider = n % 5 == 0 ? "claude" : "openai" }).ToList();
        await RecordAsync(process, rows);
        await using (var db = await process.Dbs.CreateDbContextAsync(Cancel))
        {
            db.Feedback.AddRange(rows.Where((_, n) => n % 3 != 0).Select((row, n) => new FeedbackRow
            {
                RequestId = row.Id.Value,
                Time = n,
                RequestTime = row.Time.ToUnixTimeMilliseconds(),
                KeyId = row.KeyId?.Value ?? "",
                User = row.User,
                Model = row.Model,
                Rating = n % 4 == 0 ? -1 : 1,
            }));
            await db.SaveChangesAsync(Cancel);
        }

        var rated = rows.Where((_, n) => n % 3 != 0).ToList();
        var up = rated.Where((_, n) => n % 4 != 0).ToList();
        var from = Rows.Noon.AddSeconds(3);
        foreach (var (filter, expected) in new (LedgerFilter, IEnumerable<LedgerEntry>)[]
        {
            (new() { IsRatedUp = true }, up), (new() { IsRatedUp = false }, rated.Except(up)), (new() { IsRatedUp = true, User = "even" }, up.Where(row => row.User == "even")),
            (new() { IsRatedUp = true, Provider = "claude" }, up.Where(row => row.Provider == "claude")), (new() { IsRatedUp = true, Model = "nowhere" }, []),
            (new() { IsRatedUp = true, User = "odd", Model = rows[0].Model, KeyId = rows[0].KeyId?.Value, Provider = "openai" }, up.Where(row => row.User == "odd" && row.Provider == "openai")),
            (new() { IsRatedUp = true, From = from, To = from.AddSeconds(2) }, up.Where(row => row.Time >= from && row.Time < from.AddSeconds(2))),
            (new() { IsRatedUp = true, Search = up[4].Id.Value }, [up[4]]), (new() { IsRatedUp = false, Search = up[4].Id.Value }, []),
        })
        {
            var seen = new List<LedgerEntry>();
            LedgerCursor? after = null;
            do
            {
                var page = await process.Queries.PageAsync(filter with { OldestFirst = oldestFirst }, after, 4, Cancel);
                seen.AddRange(page.Rows);
                after = page.Next;
            }
            while (after is not null);

            Assert.Equal(expected.Select(row => row.Id.Value).Order(), seen.Select(row => row.Id.Value).Order());
            Assert.Equal(oldestFirst ? seen.Select(row => row.Time).Order() : seen.Select(row => row.Time).OrderDescending(), seen.Select(row => row.Time));
        }
    }

    [Fact]
    public async Task The_oldest_come_first_where_that_is_asked_and_pages_hold_every_row_once()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var rows = Enumerable.Range(0, 25).Select(n => Rows.Completed(Rows.Noon.AddSeconds(n / 10)) with { User = n % 2 == 0 ? "even" : "odd" }).ToList();
        await RecordAsync(process, rows);

        foreach (var filter in new[] { new LedgerFilter { OldestFirst = true }, new LedgerFilter { OldestFirst = true, User = "even" } })
        {
            var seen = new List<LedgerEntry>();
            LedgerCursor? after = null;
            do
            {
                var page = await process.Queries.PageAsync(filter, after, 4, Cancel);
                seen.AddRange(page.Rows);
                after = page.Next;
            }
            while (after is not null);

            Assert.Equal(rows.Where(r => filter.User is null || r.User == filter.User).Select(r => r.Id.Value).Order(), seen.Select(r => r.Id.Value).Order());
            Assert.Equal(seen.Select(r => r.Time).Order(), seen.Select(r => r.Time));
        }
    }

    [Fact]
    public async Task The_begin_of_a_requests_id_finds_it_at_once()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var row = Rows.Completed();
        await RecordAsync(process, [row, Rows.Completed() with { Id = new RequestId("req_" + new string('0', 32)) }]);

        var page = await process.Queries.PageAsync(new LedgerFilter { Search = row.Id.Value[..20] }, null, 10, Cancel);

        Assert.Equal(row.Id, Assert.Single(page.Rows).Id);
        Assert.Null(page.Next);
    }

    private static async Task RecordAsync(StoreProcess process, IEnumerable<LedgerEntry> rows)
    {
        foreach (var row in rows)
        {
            Assert.True(process.Ledger.TryReserve());
            process.Ledger.Record(row);
        }

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Ledger.TakenSlots == 0), TimeSpan.FromSeconds(30), Cancel);
    }
}
