using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public sealed class TransferTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_teams_and_limits_move_to_another_gateway_and_their_secrets_work_there()
    {
        await using var from = await AdminApp.StartAsync(Cancel);
        var (secret, _) = await FillAsync(from);
        var (_, export) = await from.SendAsync(HttpMethod.Get, "/admin/export");
        await using var to = await AdminApp.StartAsync(Cancel);
        Assert.False(await to.OpensAsync(secret, Cancel));

        var (dryStatus, dry) = await to.SendAsync(HttpMethod.Post, "/admin/import?dry_run=true", export.GetRawText());
        Assert.False(await to.OpensAsync(secret, Cancel));
        var (status, result) = await to.SendAsync(HttpMethod.Post, "/admin/import", export.GetRawText());
        var (_, again) = await to.SendAsync(HttpMethod.Post, "/admin/import", export.GetRawText());

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (dryStatus, status));
        Assert.Equal("""{"dry_run":true,"teams_created":1,"teams_unchanged":0,"keys_created":2,"keys_unchanged":0}""", dry.GetRawText());
        Assert.Equal("""{"dry_run":false,"teams_created":1,"teams_unchanged":0,"keys_created":2,"keys_unchanged":0}""", result.GetRawText());
        Assert.Equal("""{"dry_run":false,"teams_created":0,"teams_unchanged":1,"keys_created":0,"keys_unchanged":2}""", again.GetRawText());
        Assert.True(await to.OpensAsync(secret, Cancel));
        var (_, exportThere) = await to.SendAsync(HttpMethod.Post, "/admin/export");
        Assert.True(JsonElement.DeepEquals(export.GetProperty("keys"), exportThere.GetProperty("keys")), exportThere.GetRawText());
        Assert.True(JsonElement.DeepEquals(export.GetProperty("teams"), exportThere.GetProperty("teams")), exportThere.GetRawText());
        var (_, audit) = await to.SendAsync(HttpMethod.Get, "/admin/audit");
        Assert.Equal(["key.import", "key.import", "team.import"], audit.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()).Order());
        Assert.DoesNotContain(secret, export.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clash_leaves_everything_as_it_was()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, id) = await FillAsync(app);
        var (_, export) = await app.SendAsync(HttpMethod.Get, "/admin/export");
        await app.SendAsync(HttpMethod.Patch, $"/admin/keys/{id}", """{"name":"renamed"}""");
        var more = JsonNode.Parse(export.GetRawText()) ?? throw new InvalidOperationException("No export.");
        more["keys"]?.AsArray().Add(new JsonObject
        {
            ["id"] = "key_019abcde00000000000000000000aaaa",
            ["hash"] = new string('a', 64),
            ["key_hint"] = "aaaa",
            ["name"] = "new",
            ["created_at"] = "2026-11-24T12:00:00Z",
        });

        foreach (var path in new[] { "/admin/import", "/admin/import?dry_run=true" })
        {
            var (status, answer) = await app.SendAsync(HttpMethod.Post, path, more.ToJsonString());

            Assert.Equal((HttpStatusCode.Conflict, "import_clash"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
            Assert.Contains(id, answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        var (missing, _) = await app.SendAsync(HttpMethod.Get, "/admin/keys/key_019abcde00000000000000000000aaaa");
        Assert.Equal(HttpStatusCode.NotFound, missing);
    }

    [Fact]
    public async Task A_secret_that_is_here_under_another_id_and_a_team_that_is_nowhere_are_clashes()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        await FillAsync(app);
        var (_, export) = await app.SendAsync(HttpMethod.Get, "/admin/export");
        var hash = export.GetProperty("keys")[0].GetProperty("hash").GetString();

        var (sameSecret, _) = await app.SendAsync(HttpMethod.Post, "/admin/import", Import($$"""{"id":"key_019abcde00000000000000000000aaaa","hash":"{{hash}}","key_hint":"aaaa","name":"x","created_at":"2026-11-24T12:00:00Z"}"""));
        var (noTeam, _) = await app.SendAsync(HttpMethod.Post, "/admin/import", Import($$"""{"id":"key_019abcde00000000000000000000aaab","hash":"{{new string('b', 64)}}","key_hint":"aaaa","name":"x","team_id":"team_019abcde00000000000000000000aaaa","created_at":"2026-11-24T12:00:00Z"}"""));

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (sameSecret, noTeam));
    }

    [Theory]
    [InlineData("""{"keys":[]}""", "version")]
    [InlineData("""{"version":2}""", "version")]
    [InlineData("""{"version":1,"users":[]}""", "users")]
    [InlineData("""{"version":1,"keys":{}}""", "keys")]
    [InlineData("""{"version":1,"keys":[{"id":"key_019abcde00000000000000000000aaaa","secret":"x"}]}""", "keys[0].secret")]
    [InlineData("""{"version":1,"keys":[{"name":"x"}]}""", "keys[0].id")]
    [InlineData("""{"version":1,"keys":[7]}""", "keys[0]")]
    [InlineData("""{"version":1,"teams":[{"id":"team_019abcde00000000000000000000aaaa","name":"t","created_at":"2026-11-24T12:00:00Z","limits":[{"unit":"x"}]}]}""", "teams[0].limits[0].unit")]
    public async Task What_is_no_export_is_refused_by_its_part(string body, string param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Post, "/admin/import", body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (status, answer.GetProperty("error").GetProperty("param").GetString()));
    }

    private static string Import(string key) => $$"""{"version":1,"keys":[{{key}}]}""";

    private static async Task<(string Secret, string Id)> FillAsync(AdminApp app)
    {
        var (_, team) = await app.SendAsync(HttpMethod.Post, "/admin/teams", """{"name":"web","models":["gpt-4*"],"limits":[{"unit":"usd","limit":12.50,"per":"month"}]}""");
        var (_, key) = await app.SendAsync(
            HttpMethod.Post,
            "/admin/keys",
            $$"""{"name":"ci","team_id":"{{team.GetProperty("id").GetString()}}","models":["gpt-4o"],"limits":[{"unit":"tokens","limit":9,"per":"day","model":"gpt*","mode":"soft"}],"expires_at":"2030-01-01T00:00:00Z","metadata":{"owner":"Zoë"} }""");
        await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"plain"}""");
        var (_, gone) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"gone"}""");
        await app.SendAsync(HttpMethod.Delete, $"/admin/keys/{gone.GetProperty("id").GetString()}");
        return (key.GetProperty("key").GetString() ?? "", key.GetProperty("id").GetString() ?? "");
    }
}
