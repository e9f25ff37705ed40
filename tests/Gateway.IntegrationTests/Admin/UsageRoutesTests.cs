using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.IntegrationTests.Ledger;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Gateway.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public sealed class UsageRoutesTests
{
    private const string Span = "from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_have_the_groups_asked_for_with_names_and_the_figures()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, key) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var id = key.GetProperty("id").GetString() ?? "";
        await RecordAsync(app, Rows.Completed() with { KeyId = new KeyId(id) }, Rows.Completed() with { KeyId = null, Outcome = CallOutcome.Rejected, User = null, CostMicros = null });

        var (status, answer) = await app.SendAsync(HttpMethod.Get, $"/admin/usage?{Span}&group_by=key,day,hour,user");

        Assert.Equal(HttpStatusCode.OK, status);
        var expected = JsonSerializer.Deserialize<JsonElement>(
            $$"""
            {"data":[
              {"key":null,"key_name":null,"day":"2026-11-24","hour":"2026-11-24T12:00:00.000Z","user":null,"requests":1,"input_tokens":1200,"output_tokens":340,"cached_tokens":1024,"cost_usd":0,"errors":1},
              {"key":"{{id}}","key_name":"ci","day":"2026-11-24","hour":"2026-11-24T12:00:00.000Z","user":"user-7","requests":1,"input_tokens":1200,"output_tokens":340,"cached_tokens":1024,"cost_usd":4.120001,"errors":0}],
             "has_more":false,"next":null,"from":"2026-11-24T00:00:00.000Z","to":"2026-11-25T00:00:00.000Z","time_zone":"UTC"}
            """);
        Assert.True(JsonElement.DeepEquals(expected, answer), answer.GetRawText());
    }

    [Fact]
    public async Task Without_groups_there_is_one_row_even_over_nothing()
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (_, answer) = await app.SendAsync(HttpMethod.Get, "/admin/usage");

        Assert.Equal(0, Assert.Single(answer.GetProperty("data").EnumerateArray()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Pages_hold_every_row_once()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        await RecordAsync(app, [.. Enumerable.Range(0, 7).Select(n => Rows.Completed() with { Model = $"m{n},\"" })]);
        var seen = new List<string?>();
        string? after = "";
        while (after is not null)
        {
            var (_, page) = await app.SendAsync(HttpMethod.Get, $"/admin/usage?{Span}&group_by=model&limit=3&after={after}");
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(row => row.GetProperty("model").GetString()));
            after = page.GetProperty("next").GetString();
            Assert.Equal(after is not null, page.GetProperty("has_more").GetBoolean());
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(n => $"m{n},\""), seen);
    }

    [Fact]
    public async Task Filters_narrow_what_is_summed()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        await RecordAsync(app, Rows.Completed(), Rows.Completed() with { Model = "o3", User = "ann" }, Rows.Completed() with { Provider = "azure", User = null });

        foreach (var (filter, requests) in new[] { ("model=o3", 1), ("provider=openai", 2), ("user=ann", 1), ("user=ann&model=gpt-4o", 0), ("team_id=team_x", 0), ("key_id=key_00000000000000000000000000000001", 3) })
        {
            var (_, answer) = await app.SendAsync(HttpMethod.Get, $"/admin/usage?{Span}&{filter}");
            Assert.Equal((filter, requests), (filter, answer.GetProperty("data")[0].GetProperty("requests").GetInt32()));
        }
    }

    [Fact]
    public async Task As_csv_no_cell_is_a_formula()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        await RecordAsync(app, Rows.Completed() with { User = "=cmd|'/c calc'!A0", Model = "a,\"b\"" }, Rows.Completed() with { User = "@x", Model = "a,\"b\"" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/admin/usage?{Span}&group_by=model,user");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminApp.Key);
        request.Headers.Accept.ParseAdd("text/csv");

        using var response = await app.Client.SendAsync(request, Cancel);

        Assert.Equal("text/csv", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            "model,user,requests,input_tokens,output_tokens,cached_tokens,cost_usd,errors\r\n"
            + "\"a,\"\"b\"\"\",'=cmd|'/c calc'!A0,1,1200,340,1024,4.120001,0\r\n"
            + "\"a,\"\"b\"\"\",'@x,1,1200,340,1024,4.120001,0\r\n",
            await response.Content.ReadAsStringAsync(Cancel));
    }

    [Theory]
    [InlineData("group_by=colour", "group_by")]
    [InlineData("group_by=key,key", "group_by")]
    [InlineData("group_by=key,", "group_by")]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=2026-11-24", "to")]
    [InlineData("from=2026-11-25T00:00:00Z&to=2026-11-24T00:00:00Z", "from")]
    [InlineData("from=0001-01-01T00:00:00Z", "from")]
    [InlineData("to=9999-12-31T23:59:59Z", "from")]
    [InlineData("after=x", "after")]
    [InlineData("after=WyJhIiwiYiJd", "after")]
    [InlineData("limit=0", "limit")]
    [InlineData("groupby=key", "groupby")]
    public async Task A_question_that_cannot_be_meant_is_refused_by_its_part(string question, string param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Get, $"/admin/usage?{question}");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(param, answer.GetProperty("error").GetProperty("param").GetString());
    }

    private static async Task RecordAsync(AdminApp app, params LedgerEntry[] rows)
    {
        foreach (var row in rows)
        {
            Assert.True(app.Ledger.TryReserve());
            app.Ledger.Record(row);
        }

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(app.Ledger.TakenSlots == 0), TimeSpan.FromSeconds(30), Cancel);
    }
}
