using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Gateway.IntegrationTests.Ledger;

public sealed class LedgerQueriesTests : IDisposable
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
    public async Task A_search_looks_through_a_bounded_piece_for_each_page_and_finds_everything_over_all_pages(bool oldestFirst)
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        Sql.Execute(
            _folder.DatabasePath,
            """
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 45000)
            insert into requests (seq, id, time, key_id, "user", endpoint, status, outcome, stream, input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, duration_ms)
            select i, 'req_' || i, i / 3, 'key_1', case when i % 15000 = 7 then 'needle' end, 'embeddings', 200, 0, 0, 0, 0, 0, 0, 0, 1, 1 from n
            """);

        foreach (var filter in new[] { new LedgerFilter { Search = "NEEDLE" }, new LedgerFilter { KeyId = "key_1", User = "needle" }, new LedgerFilter { User = "needle" } })
        {
            var found = new List<string>();
            var pages = 0;
            LedgerCursor? after = null;
            do
            {
                var page = await process.Queries.PageAsync(filter with { OldestFirst = oldestFirst }, after, 10, Cancel);
                found.AddRange(page.Rows.Select(row => row.Id.Value));
                after = page.Next;
                pages++;
            }
            while (after is not null);

            string[] expected = ["req_30007", "req_15007", "req_7"];
            Assert.Equal(oldestFirst ? expected.Reverse() : expected, found);
            Assert.Equal(9, pages);
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

    [Theory]
    [InlineData("key_id = 'k'", "IX_requests_key_id_time")]
    [InlineData("model = 'm'", "IX_requests_model_time")]
    [InlineData("team_id = @p", "IX_requests_team_id_time")]
    [InlineData("outcome = @p and outcome <> 0", "IX_requests_outcome_time")]
    [InlineData("time <= 5 and (time < 5 or seq < 3)", "IX_requests_time")]
    public async Task A_page_walks_along_an_index_and_sorts_nothing(string condition, string index)
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);

        var plan = Sql.Plan(_folder.DatabasePath, $"select * from requests where {condition} order by time desc, seq desc limit 51");

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_partial_index_serves_the_query_as_it_is_sent()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var db = await process.Dbs.CreateDbContextAsync(Cancel);
        var number = (int)CallOutcome.Denied;

        var sql = db.Requests.Where(r => r.Outcome == number).Where(r => r.Outcome != 0).ToQueryString();

        Assert.Contains("\"outcome\" <> 0", sql, StringComparison.Ordinal);
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
