using System.Net;
using System.Text.Json;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public sealed class AuditTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_change_is_there_with_who_where_before_and_after_and_no_secret()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, team) = await app.SendAsync(HttpMethod.Post, "/admin/teams", """{"name":"web"}""");
        var teamId = team.GetProperty("id").GetString();
        var (_, key) = await app.SendAsync(HttpMethod.Post, "/admin/keys", $$"""{"name":"ci","team_id":"{{teamId}}"}""");
        var keyPath = $"/admin/keys/{key.GetProperty("id").GetString()}";
        await app.SendAsync(HttpMethod.Patch, keyPath, """{"limits":[{"unit":"tokens","limit":5,"per":"day"}]}""");
        var (_, rotated) = await app.SendAsync(HttpMethod.Post, $"{keyPath}/rotate", "{}");
        await app.SendAsync(HttpMethod.Delete, keyPath);
        await app.SendAsync(HttpMethod.Patch, $"/admin/teams/{teamId}", """{"name":"shop"}""");
        await app.SendAsync(HttpMethod.Delete, $"/admin/teams/{teamId}");

        var (_, log) = await app.SendAsync(HttpMethod.Get, "/admin/audit");

        var entries = log.GetProperty("data").EnumerateArray().Reverse().ToList();
        Assert.Equal(
            ["team.create", "key.create", "key.change", "key.rotate", "key.revoke", "team.change", "team.delete"],
            entries.Select(entry => entry.GetProperty("action").GetString()));
        Assert.All(entries, entry => Assert.Equal(("admin_key", "127.0.0.1"), (entry.GetProperty("actor").GetString(), entry.GetProperty("address").GetString())));
        Assert.Equal(JsonValueKind.Null, entries[1].GetProperty("before").ValueKind);
        Assert.Equal("ci", entries[1].GetProperty("after").GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, entries[2].GetProperty("before").GetProperty("limits").ValueKind);
        Assert.Equal(5, entries[2].GetProperty("after").GetProperty("limits")[0].GetProperty("limit").GetInt32());
        Assert.Equal(("web", "shop"), (entries[5].GetProperty("before").GetProperty("name").GetString(), entries[5].GetProperty("after").GetProperty("name").GetString()));
        Assert.DoesNotContain(key.GetProperty("key").GetString() ?? "", log.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(rotated.GetProperty("key").GetString() ?? "", log.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whether_prompts_are_kept_is_a_change_and_moves_with_an_export()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, team) = await app.SendAsync(HttpMethod.Post, "/admin/teams", """{"name":"web","log_prompts":true}""");
        var (_, key) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        await app.SendAsync(HttpMethod.Patch, $"/admin/keys/{key.GetProperty("id").GetString()}", """{"log_prompts":false}""");
        await app.SendAsync(HttpMethod.Patch, $"/admin/teams/{team.GetProperty("id").GetString()}", """{"log_prompts":null}""");

        var (_, log) = await app.SendAsync(HttpMethod.Get, "/admin/audit?limit=2");
        var (_, export) = await app.SendAsync(HttpMethod.Get, "/admin/export");

        var changes = log.GetProperty("data").EnumerateArray().Select(entry => $"{entry.GetProperty("before").GetProperty("log_prompts")}>{entry.GetProperty("after").GetProperty("log_prompts")}");
        Assert.Equal(["True>", ">False"], changes);
        Assert.False(export.GetProperty("keys")[0].GetProperty("log_prompts").GetBoolean());
        await using var other = await AdminApp.StartAsync(Cancel);
        await other.SendAsync(HttpMethod.Post, "/admin/import", export.GetRawText());
        var (_, moved) = await other.SendAsync(HttpMethod.Get, $"/admin/keys/{key.GetProperty("id").GetString()}");
        Assert.False(moved.GetProperty("log_prompts").GetBoolean());
    }

    [Fact]
    public async Task What_changed_nothing_or_was_refused_is_no_change()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, key) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var path = $"/admin/keys/{key.GetProperty("id").GetString()}";

        await app.SendAsync(HttpMethod.Patch, path, """{"name":"ci"}""");
        await app.SendAsync(HttpMethod.Patch, path, """{"name":7}""");
        await app.SendAsync(HttpMethod.Delete, "/admin/keys/key_00000000000000000000000000000001");

        var (_, log) = await app.SendAsync(HttpMethod.Get, "/admin/audit");
        Assert.Equal(1, log.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task The_log_is_filtered_and_paged_newest_first()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        for (var n = 0; n < 5; n++)
        {
            await app.SendAsync(HttpMethod.Post, "/admin/keys", $$"""{"name":"k{{n}}"}""");
        }

        var (_, team) = await app.SendAsync(HttpMethod.Post, "/admin/teams", """{"name":"web"}""");
        var seen = new List<string?>();
        string? after = "";
        while (after is not null)
        {
            var (status, page) = await app.SendAsync(HttpMethod.Get, $"/admin/audit?object_type=key&action=key.create&actor=admin_key&limit=2&after={after}");
            Assert.Equal(HttpStatusCode.OK, status);
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("after").GetProperty("name").GetString()));
            after = page.GetProperty("next").GetString();
        }

        Assert.Equal(["k4", "k3", "k2", "k1", "k0"], seen);
        var (_, one) = await app.SendAsync(HttpMethod.Get, $"/admin/audit?object_id={team.GetProperty("id").GetString()}");
        Assert.Equal("team.create", Assert.Single(one.GetProperty("data").EnumerateArray()).GetProperty("action").GetString());
        var (_, none) = await app.SendAsync(HttpMethod.Get, "/admin/audit?to=2020-01-01T00:00:00Z");
        Assert.Equal(0, none.GetProperty("data").GetArrayLength());
    }
}
