using System.Net;
using System.Net.Http.Json;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Prompts;
using Gateway.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>Prompts in one PostgreSQL that several gateways share.</summary>
public sealed class PostgresPromptTests
{
    private static readonly int[] Ages = [0, 9, 12, 40];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_gateway_keeps_another_shows_exports_and_erases()
    {
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var first = await GatewayHost.StartAsync(upstream, database.Settings);
        await using var second = await GatewayHost.StartAsync(upstream, database.Settings);
        using var caller = await first.NewCallerAsync();
        using var response = await caller.CallAsync("""{"model":"gpt-4o","user":"ann","messages":[{"role":"user","content":"what grows here?"}]}""", cancel: Cancel);
        var id = response.RequestId();

        var row = await second.RowAsync(id);
        var lines = await second.Admin.GetStringAsync(new Uri("/admin/requests/export", UriKind.Relative), Cancel);
        using var deleted = await second.Admin.DeleteAsync(new Uri("/admin/requests?user=ann", UriKind.Relative), Cancel);

        Assert.Contains("what grows here?", row.GetProperty("prompt").GetString(), StringComparison.Ordinal);
        Assert.Contains("what grows here?", lines, StringComparison.Ordinal);
        Assert.Contains("\"erased\":1", await deleted.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal("erased", (await first.RowAsync(id)).GetProperty("content_absent").GetString());
        Assert.Equal("erased", (await second.RowAsync(id)).GetProperty("content_absent").GetString());
    }

    [Fact]
    public async Task A_row_that_another_gateway_shows_at_once_has_its_prompt()
    {
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var first = await GatewayHost.StartAsync(upstream, database.Settings);
        await using var second = await GatewayHost.StartAsync(upstream, database.Settings);
        using var caller = await first.NewCallerAsync();
        for (var n = 0; n < 20; n++)
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            Assert.True((await second.RowAsync(response.RequestId())).TryGetProperty("prompt", out _));
        }
    }

    [Fact]
    public async Task Erased_text_is_in_no_file_of_the_database_and_the_rest_stays()
    {
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, database.Settings);
        using var caller = await gateway.NewCallerAsync();
        var ids = new List<string>();
        for (var n = 0; n < 20; n++)
        {
            var (user, text) = n % 2 == 0 ? ("ann", "pistachio") : ("bob", "marmalade");
            using var response = await caller.CallAsync($$"""{"model":"gpt-4o","user":"{{user}}","messages":[{"role":"user","content":"{{text}} please"}]}""", cancel: Cancel);
            ids.Add(response.RequestId());
        }

        using (var given = await caller.PostAsJsonAsync("/v1/feedback", new { request_id = ids[0], rating = "up", comment = "more pistachio" }, Cancel))
        {
            Assert.Equal(HttpStatusCode.Created, given.StatusCode);
        }

        await gateway.RowAsync(ids[^1]);
        Assert.NotEqual(0L, FilesHolding(database, "pistachio"));

        using var deleted = await gateway.Admin.DeleteAsync(new Uri("/admin/requests?user=ann", UriKind.Relative), Cancel);

        Assert.Contains("\"erased\":10", await deleted.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(0L, FilesHolding(database, "pistachio"));
        Assert.NotEqual(0L, FilesHolding(database, "marmalade"));
        Assert.Equal("erased", (await gateway.RowAsync(ids[0])).GetProperty("content_absent").GetString());
        Assert.Contains("marmalade", (await gateway.RowAsync(ids[1])).GetProperty("prompt").GetString(), StringComparison.Ordinal);
        using var next = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        Assert.True((await gateway.RowAsync(next.RequestId())).TryGetProperty("prompt", out _));
    }

    [Fact]
    public async Task Days_that_are_too_old_are_dropped_whole()
    {
        using var database = PostgresDatabase.Create();
        await using var gateway = await GatewayHost.StartAsync([.. database.Settings, "--Gateway:PromptLog:RetentionDays=10"]);
        var store = gateway.Services.GetRequiredService<PromptStore>();
        var now = DateTimeOffset.UtcNow;
        foreach (var age in Ages)
        {
            var time = now.AddDays(-age);
            store.Write(PromptRow.DayOf(time), [Row($"req_{age}", time)]);
        }

        await gateway.Services.GetRequiredService<PromptRetention>().ApplyAsync(Cancel);

        Assert.Equal(2L, Sql.Scalar(database.ConnectionString, "select count(*) from pg_class where relkind = 'r' and relname like 'prompts\\_%'"));
        var found = await store.FindAsync([.. Ages.Select(age => (new RequestId($"req_{age}"), now.AddDays(-age)))], Cancel);
        Assert.Equal(["req_0", "req_9"], found.Keys.Select(id => id.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Replicas_that_begin_a_day_at_once_all_keep_their_prompts()
    {
        using var database = PostgresDatabase.Create();
        await using var gateway = await GatewayHost.StartAsync(database.Settings);
        var address = gateway.Services.GetRequiredService<PostgresAddress>();
        var time = DateTimeOffset.UtcNow.AddDays(1);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() => new PostgresPromptStore(address).Write(PromptRow.DayOf(time), [Row($"req_{n}", time)]), Cancel)));

        var found = await new PostgresPromptStore(address).FindAsync([.. Enumerable.Range(0, 8).Select(n => (new RequestId($"req_{n}"), time))], Cancel);
        Assert.Equal(8, found.Count);
    }

    private static PromptRow Row(string id, DateTimeOffset time) => new()
    {
        Id = new RequestId(id),
        Time = time,
        User = "a name with \0 in it",
        State = PromptState.Kept,
        Prompt = Encoding.UTF8.GetBytes("{}"),
    };

    /// <summary>How many of the database's own files hold a text, once everything is in them.</summary>
    private static object? FilesHolding(PostgresDatabase database, string text)
    {
        Sql.Execute(database.ConnectionString, "checkpoint");
        return Sql.Scalar(
            database.ConnectionString,
            $"""
            select count(*) from (select 'base/' || oid || '/' as folder from pg_database where datname = current_database()) d, pg_ls_dir(d.folder) f
            where position('{text}'::bytea in pg_read_binary_file(d.folder || f, 0, 1000000000, true)) > 0
            """);
    }
}
