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
}
