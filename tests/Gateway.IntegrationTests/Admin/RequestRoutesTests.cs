using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Ledger;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public class RequestRoutesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_is_shown_as_the_contract_names_it()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var row = Rows.Completed() with { Outcome = CallOutcome.ClientDisconnected };
        await RecordAsync(app, row);

        var (status, shown) = await app.SendAsync(HttpMethod.Get, $"/admin/requests/{row.Id}");

        Assert.Equal(HttpStatusCode.OK, status);
        var expected = JsonSerializer.Deserialize<JsonElement>(
            $$"""
            {"id":"{{row.Id}}","time":"2026-11-24T12:00:00.000Z","key_id":"key_00000000000000000000000000000001","team_id":null,"user":"user-7",
             "endpoint":"chat/completions","model":"gpt-4o","provider":"openai","upstream_model":"gpt-4o-2024-11-20","status":200,
             "outcome":"client_disconnected","stream":true,"input_tokens":1200,"output_tokens":340,"cached_tokens":1024,"reasoning_tokens":64,
             "token_source":"provider","attempts":1,"ttft_ms":321,"duration_ms":4567,"upstream_request_id":"req_upstream","completion_id":null,"error_code":null,"content_absent":"off",
             "reserved_tokens":2048,"cost_usd":4.120001,"denied_by":{"scope":"team","unit":"usd","per":"month","limit":12.5,"model":"gpt-\"4*"},
             "attempt_list":[{"provider":"openai","upstream_model":"gpt-4o-2024-11-20","status":200,"error_code":null,"duration_ms":4567}]
            }
            """);
        Assert.True(JsonElement.DeepEquals(expected, shown), shown.GetRawText());
    }

    [Fact]
    public async Task What_had_no_price_has_no_cost_and_what_cost_nothing_cost_0()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var unpriced = Rows.Completed() with { CostMicros = null, DeniedBy = null };
        var free = Rows.Completed() with { CostMicros = 0 };
        await RecordAsync(app, unpriced, free);

        var (_, shownUnpriced) = await app.SendAsync(HttpMethod.Get, $"/admin/requests/{unpriced.Id}");
        var (_, shownFree) = await app.SendAsync(HttpMethod.Get, $"/admin/requests/{free.Id}");

        Assert.Equal(JsonValueKind.Null, shownUnpriced.GetProperty("cost_usd").ValueKind);
        Assert.Equal(JsonValueKind.Null, shownUnpriced.GetProperty("denied_by").ValueKind);
        Assert.Equal(0, shownFree.GetProperty("cost_usd").GetDecimal());
    }

    [Fact]
    public async Task A_list_is_filtered_and_paged()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var rows = Enumerable.Range(0, 5).Select(n => Rows.Completed(Rows.Noon.AddSeconds(n)) with { Model = n == 0 ? "o3" : "gpt-4o" }).ToArray();
        await RecordAsync(app, rows);
        const string Filter = "/admin/requests?model=gpt-4o&outcome=completed&from=2026-11-24T13:00:00%2B01:00&to=2026-11-24T13:00:04+01:00&limit=2";

        var (_, first) = await app.SendAsync(HttpMethod.Get, Filter);
        var (_, second) = await app.SendAsync(HttpMethod.Get, $"{Filter}&after={first.GetProperty("next").GetString()}");

        Assert.Equal([rows[3].Id.Value, rows[2].Id.Value], Ids(first));
        Assert.True(first.GetProperty("has_more").GetBoolean());
        Assert.Equal([rows[1].Id.Value], Ids(second));
        Assert.False(second.GetProperty("has_more").GetBoolean());
    }

    [Theory]
    [InlineData("?outcome=fine", "invalid_request", "outcome")]
    [InlineData("?from=yesterday", "invalid_request", "from")]
    [InlineData("?to=2026-11-24", "invalid_request", "to")]
    [InlineData("?after=x", "invalid_request", "after")]
    [InlineData("?limit=0", "invalid_request", "limit")]
    [InlineData("?key=x", "unknown_field", "key")]
    public async Task A_wrong_query_is_refused_by_its_name(string query, string code, string param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, answer) = await app.SendAsync(HttpMethod.Get, "/admin/requests" + query);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(code, answer.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(param, answer.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task An_id_that_is_not_there_is_not_found()
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        var (status, _) = await app.SendAsync(HttpMethod.Get, "/admin/requests/req_0");

        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    [Fact]
    public async Task A_revoked_keys_rows_stay()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var id = made.GetProperty("id").GetString() ?? "";
        await RecordAsync(app, Rows.Completed() with { KeyId = new(id) });

        await app.SendAsync(HttpMethod.Delete, $"/admin/keys/{id}");

        Assert.Single(Ids((await app.SendAsync(HttpMethod.Get, $"/admin/requests?key_id={id}")).Body));
    }

    private static IEnumerable<string?> Ids(JsonElement page) => page.GetProperty("data").EnumerateArray().Select(row => row.GetProperty("id").GetString());

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
