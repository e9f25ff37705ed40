using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public class KeyRoutesTests
{
    private static readonly string[] NewKeyFields =
        ["id", "key", "key_hint", "name", "status", "team_id", "models", "limits", "expires_at", "log_prompts", "metadata", "created_at", "last_used_at", "revoked_at", "rotated_at"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_key_is_shown_with_its_secret_this_once()
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, made) = await app.SendAsync(
            HttpMethod.Post, "/admin/keys", """{"name":"ci","models":["gpt-4*"],"expires_at":"2030-01-02T05:04:05+02:00","metadata":{"owner":"Zoë"}}""");

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(NewKeyFields, made.EnumerateObject().Select(p => p.Name));
        Assert.Matches("^key_[0-9a-f]{32}$", Text(made, "id"));
        Assert.Matches("^sk-gw-[A-Za-z0-9]{43}$", Text(made, "key"));
        Assert.Equal(Text(made, "key")[^4..], Text(made, "key_hint"));
        Assert.Equal("2030-01-02T03:04:05.000Z", Text(made, "expires_at"));
        Assert.Equal("Zoë", Text(made.GetProperty("metadata"), "owner"));
        Assert.Equal("active", Text(made, "status"));
        var (shown, key) = await app.SendAsync(HttpMethod.Get, $"/admin/keys/{Text(made, "id")}");
        Assert.Equal(HttpStatusCode.OK, shown);
        Assert.Equal(NewKeyFields.Except(["key"]), key.EnumerateObject().Select(p => p.Name));
        Assert.DoesNotContain(Text(made, "key"), key.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"a\u001b[2Jb"}""", "name")]
    [InlineData("""{"name":"a","models":["b\r\nc"]}""", "models")]
    public async Task Names_have_no_control_characters(string body, string field)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, refused) = await app.SendAsync(HttpMethod.Post, "/admin/keys", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(field, Text(refused.GetProperty("error"), "param"));
    }

    [Fact]
    public async Task A_change_leaves_what_is_absent_and_clears_what_is_null()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci","models":["a"],"expires_at":"2030-01-01T00:00:00Z","metadata":{"a":"b"}}""");
        var path = $"/admin/keys/{Text(made, "id")}";

        var (renamed, afterName) = await app.SendAsync(HttpMethod.Patch, path, """{"name":"build"}""");
        var (_, cleared) = await app.SendAsync(HttpMethod.Patch, path, """{"models":null,"expires_at":null,"metadata":null}""");

        Assert.Equal(HttpStatusCode.OK, renamed);
        Assert.Equal("build", Text(afterName, "name"));
        Assert.Equal("a", afterName.GetProperty("models")[0].GetString());
        Assert.Equal("2030-01-01T00:00:00.000Z", Text(afterName, "expires_at"));
        Assert.Equal("build", Text(cleared, "name"));
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("models").ValueKind);
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("expires_at").ValueKind);
        Assert.Empty(cleared.GetProperty("metadata").EnumerateObject());
    }

    [Fact]
    public async Task Revoking_answers_with_the_key_and_twice_changes_nothing()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var path = $"/admin/keys/{Text(made, "id")}";

        var (status, revoked) = await app.SendAsync(HttpMethod.Delete, path);
        var (again, same) = await app.SendAsync(HttpMethod.Delete, path);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("revoked", Text(revoked, "status"));
        Assert.Equal(HttpStatusCode.OK, again);
        Assert.Equal(Text(revoked, "revoked_at"), Text(same, "revoked_at"));
    }

    [Fact]
    public async Task A_list_comes_in_pages_newest_first()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var ids = new List<string>();
        for (var n = 0; n < 5; n++)
        {
            ids.Add(Text((await app.SendAsync(HttpMethod.Post, "/admin/keys", $$"""{"name":"k{{n}}"}""")).Body, "id"));
        }

        var (_, first) = await app.SendAsync(HttpMethod.Get, "/admin/keys?limit=3");
        var (_, second) = await app.SendAsync(HttpMethod.Get, $"/admin/keys?limit=3&after={Text(first, "next")}");

        Assert.True(first.GetProperty("has_more").GetBoolean());
        Assert.False(second.GetProperty("has_more").GetBoolean());
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        Assert.Equal(ids.OrderDescending(StringComparer.Ordinal), Ids(first).Concat(Ids(second)));
    }

    [Theory]
    [InlineData("""{"name":"a","team_id":"team_1"}""", "invalid_request", "team_id")]
    [InlineData("""{"name":"a","team_id":7}""", "invalid_request", "team_id")]
    [InlineData("""{"name":"a","team_id":"team_00000000000000000000000000000000"}""", "invalid_request", "team_id")]
    [InlineData("""{"name":"a","limits":{}}""", "invalid_request", "limits")]
    [InlineData("""{"name":"a","limits":[7]}""", "invalid_request", "limits[0]")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":1,"per":"day"},{"unit":"tokens","limit":1,"per":"week"}]}""", "invalid_request", "limits[1].per")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":"1","per":"day"}]}""", "invalid_request", "limits[0].limit")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":1e400,"per":"day"}]}""", "invalid_request", "limits[0].limit")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":-1,"per":"day"}]}""", "invalid_request", "limits[0].limit")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":1,"per":7}]}""", "invalid_request", "limits[0].per")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":1,"per":"day","window":1}]}""", "unknown_field", "limits[0].window")]
    [InlineData("""{"name":"a","limits":[{"unit":"tokens","limit":1,"limit":2,"per":"day"}]}""", "invalid_json", null)]
    [InlineData("""{"Name":"a"}""", "unknown_field", "Name")]
    [InlineData("""{}""", "invalid_request", "name")]
    [InlineData("""{"name":""}""", "invalid_request", "name")]
    [InlineData("""{"name":"  "}""", "invalid_request", "name")]
    [InlineData("""{"name":null}""", "invalid_request", "name")]
    [InlineData("""{"name":7}""", "invalid_request", "name")]
    [InlineData("""{"name":"a","models":[]}""", "invalid_request", "models")]
    [InlineData("""{"name":"a","models":"gpt-4"}""", "invalid_request", "models")]
    [InlineData("""{"name":"a","models":["x",""]}""", "invalid_request", "models")]
    [InlineData("""{"name":"a","models":["x",null]}""", "invalid_request", "models")]
    [InlineData("""{"name":"a","expires_at":"tomorrow"}""", "invalid_request", "expires_at")]
    [InlineData("""{"name":"a","expires_at":"2030-01-01T00:00:00"}""", "invalid_request", "expires_at")]
    [InlineData("""{"name":"a","expires_at":"2030-02-30T00:00:00Z"}""", "invalid_request", "expires_at")]
    [InlineData("""{"name":"a","expires_at":1893456000}""", "invalid_request", "expires_at")]
    [InlineData("""{"name":"a","metadata":[]}""", "invalid_request", "metadata")]
    [InlineData("""{"name":"a","metadata":{"a":1}}""", "invalid_request", "metadata")]
    [InlineData("""{"name":"a","metadata":{"":"b"}}""", "invalid_request", "metadata")]
    [InlineData("""{"name":"a","name":"b"}""", "invalid_json", null)]
    [InlineData("""{"name":"a","metadata":{"a":"1","\u0061":"2"}}""", "invalid_json", null)]
    [InlineData("""{"name":"\ud800"}""", "invalid_json", null)]
    [InlineData("""{"name":"a"} {}""", "invalid_json", null)]
    [InlineData("""["name"]""", "invalid_json", null)]
    [InlineData("name=a", "invalid_json", null)]
    [InlineData("", "invalid_json", null)]
    public async Task A_wrong_body_is_refused_by_the_fields_name(string body, string code, string? param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Post, "/admin/keys", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        var error = answer.GetProperty("error");
        Assert.Equal(code, Text(error, "code"));
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(0L, Sql.Scalar(app.DatabasePath, "select count(*) from keys"));
    }

    [Fact]
    public async Task A_refused_change_changes_nothing()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var path = $"/admin/keys/{Text(made, "id")}";

        var (status, _) = await app.SendAsync(HttpMethod.Patch, path, """{"name":"other","models":[]}""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("ci", Text((await app.SendAsync(HttpMethod.Get, path)).Body, "name"));
    }

    [Theory]
    [InlineData(200, HttpStatusCode.Created)]
    [InlineData(201, HttpStatusCode.BadRequest)]
    public async Task A_name_has_at_most_200_characters(int length, HttpStatusCode expected)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, _) = await app.SendAsync(HttpMethod.Post, "/admin/keys", $$"""{"name":"{{new string('n', length)}}"}""");

        Assert.Equal(expected, status);
    }

    [Theory]
    [InlineData(1 << 20, HttpStatusCode.BadRequest)]
    [InlineData((1 << 20) + 1, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_has_at_most_one_mebibyte(int bytes, HttpStatusCode expected)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, _) = await app.SendAsync(HttpMethod.Post, "/admin/keys", new string(' ', bytes));

        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/keys") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {AdminApp.Key}");
        request.Content.Headers.ContentEncoding.Add("gzip");

        using var response = await app.Client.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("?limit=0", "invalid_request", "limit")]
    [InlineData("?limit=1001", "invalid_request", "limit")]
    [InlineData("?limit=-1", "invalid_request", "limit")]
    [InlineData("?limit=ten", "invalid_request", "limit")]
    [InlineData("?limit=1&limit=2", "invalid_request", "limit")]
    [InlineData("?after=x", "invalid_request", "after")]
    [InlineData("?page=2", "unknown_field", "page")]
    [InlineData("?Limit=2", "unknown_field", "Limit")]
    public async Task A_wrong_query_is_refused_by_its_name(string query, string code, string param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Get, "/admin/keys" + query);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(code, Text(answer.GetProperty("error"), "code"));
        Assert.Equal(param, Text(answer.GetProperty("error"), "param"));
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("DELETE", null)]
    [InlineData("PATCH", """{"name":"x"}""")]
    public async Task An_id_that_is_not_there_is_not_found(string method, string? body)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(new HttpMethod(method), "/admin/keys/key_00000000000000000000000000000000", body);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("not_found", Text(answer.GetProperty("error"), "code"));
    }

    [Fact]
    public async Task A_database_that_cannot_be_written_is_told()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        using var other = Sql.HoldWriteLock(app.DatabasePath);

        var (status, answer) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("store_unavailable", Text(answer.GetProperty("error"), "code"));
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString() ?? "";

    private static IEnumerable<string> Ids(JsonElement page) => page.GetProperty("data").EnumerateArray().Select(key => Text(key, "id"));
}
