using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Gateway.IntegrationTests.Ledger;

/// <summary>How SQLite goes about the ledger's questions.</summary>
public sealed class LedgerPlanTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

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
        // Three of each millisecond: none divides a piece.
        Sql.Execute(
            _folder.DatabasePath,
            "insert into feedback (request_id, time, request_time, key_id, \"user\", rating) select id, time, time, key_id, \"user\", 1 from requests");

        foreach (var filter in new[] { new LedgerFilter { Search = "NEEDLE" }, new LedgerFilter { KeyId = "key_1", User = "needle" }, new LedgerFilter { User = "needle" },
            new LedgerFilter { IsRatedUp = true, Search = "needle" }, new LedgerFilter { IsRatedUp = true, User = "needle" } })
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
            // 5,500 rows a page at most, fewer where they come slowly.
            Assert.InRange(pages, 9, 90);
        }
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
    public async Task Rated_calls_are_walked_along_their_ratings_and_feedback_along_its_times()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);

        var calls = Sql.Plan(
            _folder.DatabasePath,
            "select r.* from feedback f join requests r on f.request_id = r.id where f.rating = 1 and f.request_time <= 5 and r.time <= 5 and (r.time < 5 or r.seq < 3) order by f.request_time desc, r.seq desc limit 51");
        var feedback = Sql.Plan(_folder.DatabasePath, "select * from feedback f where f.rating + 0 = 1 order by f.time desc, f.request_id desc limit 51");

        Assert.Contains("IX_feedback_rating_request_time", calls, StringComparison.Ordinal);
        // Those of one millisecond alone are sorted.
        Assert.DoesNotContain("TEMP B-TREE FOR ORDER BY", calls, StringComparison.Ordinal);
        Assert.Contains("IX_feedback_time_request_id", feedback, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", feedback, StringComparison.Ordinal);
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
}
