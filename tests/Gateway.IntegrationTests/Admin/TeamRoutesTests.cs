using System.Net;
using System.Text.Json;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public class TeamRoutesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_team_is_made_shown_listed_changed_and_deleted()
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, made) = await app.SendAsync(
            HttpMethod.Post, "/admin/teams", """{"name":"web","models":["gpt-4*"],"limits":[{"unit":"usd","limit":12.5,"per":"month","model":"gpt-4*","mode":"soft"}]}""");
        var path = $"/admin/teams/{Text(made, "id")}";
        var (_, shown) = await app.SendAsync(HttpMethod.Get, path);
        var (_, list) = await app.SendAsync(HttpMethod.Get, "/admin/teams");
        var (changed, after) = await app.SendAsync(HttpMethod.Patch, path, """{"name":"shop","models":null}""");
        var (deleted, _) = await app.SendAsync(HttpMethod.Delete, path);

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Matches("^team_[0-9a-f]{32}$", Text(made, "id"));
        Assert.Equal(["id", "name", "models", "limits", "log_prompts", "created_at"], made.EnumerateObject().Select(p => p.Name));
        var limit = Assert.Single(made.GetProperty("limits").EnumerateArray().ToList());
        Assert.Equal(["unit", "limit", "per", "model", "mode", "used", "reserved", "remaining", "resets_at"], limit.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("usd", 12.5m, "month", "gpt-4*", "soft", 0m, 0m, 12.5m), (
            Text(limit, "unit"), limit.GetProperty("limit").GetDecimal(), Text(limit, "per"), Text(limit, "model"), Text(limit, "mode"),
            limit.GetProperty("used").GetDecimal(), limit.GetProperty("reserved").GetDecimal(), limit.GetProperty("remaining").GetDecimal()));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-01T00:00:00.000Z$", Text(limit, "resets_at"));
        Assert.True(JsonElement.DeepEquals(made, shown));
        Assert.Equal(Text(made, "id"), Text(Assert.Single(list.GetProperty("data").EnumerateArray().ToList()), "id"));
        Assert.Equal((HttpStatusCode.OK, "shop", 1), (changed, Text(after, "name"), after.GetProperty("limits").GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, after.GetProperty("models").ValueKind);
        Assert.Equal(HttpStatusCode.OK, deleted);
        foreach (var (method, body) in ((HttpMethod, string?)[])[(HttpMethod.Get, null), (HttpMethod.Delete, null), (HttpMethod.Patch, "{}")])
        {
            Assert.Equal("not_found", Code((await app.SendAsync(method, path, body)).Body));
        }

        Assert.Empty((await app.SendAsync(HttpMethod.Get, "/admin/teams")).Body.GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"name":"a","team_id":null}""", "unknown_field", "team_id")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":1,"per":"day","modle":"x"}]}""", "unknown_field", "limits[0].modle")]
    [InlineData("""{"name":"a","limits":[{"unit":"concurrent","limit":1,"per":"day"}]}""", "invalid_request", "limits[0].per")]
    [InlineData("""{"name":"a","limits":[{"unit":"requests","limit":1,"per":"day"},{"unit":"requests","limit":2,"per":"day","mode":"soft"}]}""", "invalid_request", "limits[1]")]
    [InlineData("""{"name":"a","models":[]}""", "invalid_request", "models")]
    [InlineData("""{}""", "invalid_request", "name")]
    [InlineData("""[]""", "invalid_json", null)]
    public async Task A_wrong_body_is_refused_by_the_fields_name(string body, string code, string? param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Post, "/admin/teams", body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (status, Code(answer)));
        Assert.Equal(param, answer.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_team_with_live_keys_is_not_deleted()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var team = Text((await app.SendAsync(HttpMethod.Post, "/admin/teams", """{"name":"web"}""")).Body, "id");
        var (_, key) = await app.SendAsync(HttpMethod.Post, "/admin/keys", $$"""{"name":"ci","team_id":"{{team}}"}""");
        Assert.Equal(team, Text(key, "team_id"));

        var (refused, answer) = await app.SendAsync(HttpMethod.Delete, $"/admin/teams/{team}");
        await app.SendAsync(HttpMethod.Delete, $"/admin/keys/{Text(key, "id")}");
        var (deleted, _) = await app.SendAsync(HttpMethod.Delete, $"/admin/teams/{team}");
        var (_, revoked) = await app.SendAsync(HttpMethod.Patch, $"/admin/keys/{Text(key, "id")}", """{"name":"old"}""");

        Assert.Equal((HttpStatusCode.Conflict, "team_has_keys"), (refused, Code(answer)));
        Assert.Equal(HttpStatusCode.OK, deleted);
        Assert.Equal(("old", team), (Text(revoked, "name"), Text(revoked, "team_id")));
    }

    [Fact]
    public async Task A_new_list_of_limits_replaces_the_old_one_and_nothing_takes_it_away()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(
            HttpMethod.Post, "/admin/teams", """{"name":"web","limits":[{"unit":"tokens","limit":5,"per":"day"},{"unit":"concurrent","limit":2}]}""");
        var path = $"/admin/teams/{Text(made, "id")}";

        var (_, replaced) = await app.SendAsync(HttpMethod.Patch, path, """{"limits":[{"unit":"requests","limit":1,"per":"total","mode":null,"model":null}]}""");
        var (_, emptied) = await app.SendAsync(HttpMethod.Patch, path, """{"limits":[]}""");
        await app.SendAsync(HttpMethod.Patch, path, """{"limits":[{"unit":"requests","limit":1,"per":"total"}]}""");
        var (_, cleared) = await app.SendAsync(HttpMethod.Patch, path, """{"limits":null}""");

        Assert.Equal(2, made.GetProperty("limits").GetArrayLength());
        var limit = Assert.Single(replaced.GetProperty("limits").EnumerateArray().ToList());
        Assert.Equal(("requests", "total", JsonValueKind.Null), (Text(limit, "unit"), Text(limit, "per"), limit.GetProperty("resets_at").ValueKind));
        Assert.Empty(emptied.GetProperty("limits").EnumerateArray());
        Assert.Empty(cleared.GetProperty("limits").EnumerateArray());
    }

    private static string Code(JsonElement answer) => Text(answer.GetProperty("error"), "code");

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString() ?? "";
}
