using System.Net;
using System.Text.Json;
using Gateway.Quotas;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public class LimitRoutesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_amount_or_mode_keeps_what_was_counted()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var id = await NewAsync(app, "keys", """{"name":"ci","limits":[{"unit":"tokens","limit":1000,"per":"day"}]}""");
        await SpendAsync(app, id, LimitScope.Key, id, settled: 300, held: 50);

        var (_, changed) = await app.SendAsync(HttpMethod.Patch, $"/admin/keys/{id}", """{"limits":[{"unit":"tokens","limit":400,"per":"day","mode":"soft"}]}""");

        var limit = changed.GetProperty("limits")[0];
        Assert.Equal((400, 300, 50, 50), (Number(limit, "limit"), Number(limit, "used"), Number(limit, "reserved"), Number(limit, "remaining")));
        Assert.EndsWith("T00:00:00.000Z", limit.GetProperty("resets_at").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_are_listed_the_fullest_first_with_whose_they_are()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var team = await NewAsync(app, "teams", """{"name":"web","limits":[{"unit":"tokens","limit":1000,"per":"day"}]}""");
        var member = await NewAsync(app, "keys", $$"""{"name":"member","team_id":"{{team}}","limits":[{"unit":"tokens","limit":400,"per":"day"}]}""");
        var alone = await NewAsync(app, "keys", """{"name":"alone","limits":[{"unit":"tokens","limit":1000,"per":"day"}]}""");
        await NewAsync(app, "keys", """{"name":"free"}""");
        await SpendAsync(app, team, LimitScope.Key, member, settled: 350, held: 0);
        await SpendAsync(app, team, LimitScope.Team, team, settled: 300, held: 50);
        await SpendAsync(app, alone, LimitScope.Key, alone, settled: 950, held: 0);

        var (_, all) = await app.SendAsync(HttpMethod.Get, "/admin/limits");
        var (_, near) = await app.SendAsync(HttpMethod.Get, "/admin/limits?min_share=0.8&limit=1");
        var (_, next) = await app.SendAsync(HttpMethod.Get, $"/admin/limits?min_share=0.8&limit=1&after={Uri.EscapeDataString(near.GetProperty("next").GetString() ?? "")}");

        Assert.Equal(["alone", "member", "web"], Names(all));
        Assert.False(all.GetProperty("has_more").GetBoolean());
        var fullest = all.GetProperty("data")[0];
        Assert.Equal((0.95, "key", alone, "tokens", 950), (
            fullest.GetProperty("share").GetDouble(), fullest.GetProperty("scope").GetString(), fullest.GetProperty("key_id").GetString(),
            fullest.GetProperty("unit").GetString(), Number(fullest, "used")));
        Assert.Equal((member, team), (all.GetProperty("data")[1].GetProperty("key_id").GetString(), all.GetProperty("data")[1].GetProperty("team_id").GetString()));
        Assert.Equal(("team", team, JsonValueKind.Null), (
            all.GetProperty("data")[2].GetProperty("scope").GetString(), all.GetProperty("data")[2].GetProperty("team_id").GetString(),
            all.GetProperty("data")[2].GetProperty("key_id").ValueKind));
        Assert.Equal(["alone"], Names(near));
        Assert.Equal(["member"], Names(next));
        Assert.False(next.GetProperty("has_more").GetBoolean());
    }

    [Fact]
    public async Task Revoked_keys_are_not_in_the_list()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var id = await NewAsync(app, "keys", """{"name":"ci","limits":[{"unit":"tokens","limit":0,"per":"day"}]}""");
        Assert.Equal(["ci"], Names((await app.SendAsync(HttpMethod.Get, "/admin/limits?min_share=1")).Body));

        await app.SendAsync(HttpMethod.Delete, $"/admin/keys/{id}");

        Assert.Empty(Names((await app.SendAsync(HttpMethod.Get, "/admin/limits")).Body));
    }

    [Fact]
    public async Task While_the_counters_are_away_limits_are_shown_without_figures_and_the_list_says_so()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var id = await NewAsync(app, "keys", """{"name":"ci","limits":[{"unit":"tokens","limit":10,"per":"day"}]}""");
        app.CountersAreAway = true;

        var (shown, key) = await app.SendAsync(HttpMethod.Get, $"/admin/keys/{id}");
        var (status, answer) = await app.SendAsync(HttpMethod.Get, "/admin/limits");

        Assert.Equal(HttpStatusCode.OK, shown);
        Assert.Equal(10, Number(key.GetProperty("limits")[0], "limit"));
        Assert.All(["used", "reserved", "remaining", "resets_at"], name => Assert.Equal(JsonValueKind.Null, key.GetProperty("limits")[0].GetProperty(name).ValueKind));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "quota_store_unavailable"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("?min_share=-1", "invalid_request", "min_share")]
    [InlineData("?min_share=NaN", "invalid_request", "min_share")]
    [InlineData("?min_share=much", "invalid_request", "min_share")]
    [InlineData("?after=x", "invalid_request", "after")]
    [InlineData("?share=1", "unknown_field", "share")]
    public async Task A_wrong_query_is_refused_by_its_name(string query, string code, string param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Get, "/admin/limits" + query);

        Assert.Equal((HttpStatusCode.BadRequest, code, param), (
            status, answer.GetProperty("error").GetProperty("code").GetString(), answer.GetProperty("error").GetProperty("param").GetString()));
    }

    private static async Task<string> NewAsync(AdminApp app, string what, string body) =>
        (await app.SendAsync(HttpMethod.Post, $"/admin/{what}", body)).Body.GetProperty("id").GetString() ?? "";

    /// <summary>Counts against the limit of tokens a day.</summary>
    private static async Task SpendAsync(AdminApp app, string tag, LimitScope scope, string owner, long settled, long held)
    {
        var shard = new QuotaShard(tag, 1);
        var limit = new Limit(scope, owner, LimitUnit.Tokens, LimitPeriod.Day, null, LimitMode.Hard, 1_000_000);
        if (!(await app.Counters.ReadAsync(shard, [limit], Cancel)).TryGet(out _, out _))
        {
            await app.OpenAsync(tag, Cancel);
        }

        await app.Counters.ReserveAsync(shard, $"s-{owner}", TimeSpan.FromMinutes(1), [limit], new Charge(settled, 0, 1, 0), Cancel);
        await app.Counters.ReserveAsync(shard, $"h-{owner}", TimeSpan.FromMinutes(1), [limit], new Charge(held, 0, 1, 0), Cancel);
        await app.Counters.SettleAsync(shard, $"s-{owner}", new Charge(settled, 0, 1, 0), Cancel);
    }

    private static decimal Number(JsonElement of, string name) => of.GetProperty(name).GetDecimal();

    private static List<string?> Names(JsonElement page) => [.. page.GetProperty("data").EnumerateArray().Select(limit => limit.GetProperty("name").GetString())];
}
