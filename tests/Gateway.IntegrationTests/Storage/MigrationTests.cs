using Gateway.IntegrationTests.Infrastructure;
using Gateway.Keys;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace Gateway.IntegrationTests.Storage;

public sealed class MigrationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_database_of_the_first_version_keeps_its_keys_and_rows()
    {
        var secret = KeySecret.Create();
        await MakeFirstVersionAsync(secret);

        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);

        Assert.True((await process.Ring.FindAsync(secret, Cancel)).TryGet(out var key, out _));
        Assert.Equal(("old", 0, null), (key.Name, key.Limits.Count, key.TeamId));
        var row = await process.Queries.FindAsync(new RequestId("req_1"), Cancel);
        Assert.NotNull(row);
        Assert.Equal((7L, null, 0L, null), (row.InputTokens, row.CostMicros, row.ReservedTokens, row.DeniedBy));
        Assert.Equal(7L, Sql.Scalar(_folder.DatabasePath, "select input_tokens from usage_hours where bucket = 0 and requests = 1"));
    }

    /// <summary>A start that finds it asks EF Core no further.</summary>
    [Fact]
    public void The_latest_migration_is_the_one_that_a_start_looks_for()
    {
        using var db = new GatewayDb(new DbContextOptionsBuilder<GatewayDb>().UseSqlite("Data Source=:memory:").Options);

        Assert.Equal(SqliteStartup.LatestMigration, db.Database.GetMigrations().Last());
    }

    private async Task MakeFirstVersionAsync(string secret)
    {
        var options = new DbContextOptionsBuilder<GatewayDb>().UseSqlite($"Data Source={_folder.DatabasePath};Pooling=False").Options;
        await using var db = new GatewayDb(options);
        await db.GetService<IMigrator>().MigrateAsync("Initial", Cancel);
        await db.Database.ExecuteSqlAsync(
            $"insert into keys (id, hash, hint, name, metadata, created_at, change) values ('key_1', {KeyHash.Of(secret).ToBytes()}, 'abcd', 'old', {"{}"}, 1, 1)", Cancel);
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into requests (id, time, endpoint, status, outcome, stream, input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, duration_ms)
            values ('req_1', 1, 'embeddings', 200, 0, 0, 7, 0, 0, 0, 0, 1, 5)
            """,
            Cancel);
    }
}
