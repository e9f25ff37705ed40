using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

public class PromptLogTests
{
    private const string Answer =
        """{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"Four."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";

    [Fact]
    public async Task A_calls_row_shows_prompt_and_answer()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync("""{"model":"gpt-4o","messages":[{"role":"user","content":"2+2? to ann@example.com"}]}""", cancel: Cancel);
        var row = await gateway.RowAsync(response.RequestId());

        Assert.Equal("""{"model":"gpt-4o","messages":[{"role":"user","content":"2+2? to [redacted:email]"}]}""", row.GetProperty("prompt").GetString());
        Assert.Equal("Four.", row.GetProperty("answer").GetString());
        Assert.Equal("chatcmpl-1", row.GetProperty("completion_id").GetString());
        Assert.False(row.GetProperty("content_truncated").GetBoolean());
        Assert.False(row.TryGetProperty("content_absent", out _));
    }

    [Fact]
    public async Task A_streams_text_and_tool_calls_are_joined()
    {
        const string Tools =
            """data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"send","arguments":"{\"to\":\"an"}}]}}]}""" + "\n\n"
            + """data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"n\\u0040example.com\"}"}}]}}]}""" + "\n\n";
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Sse.Delta("Hel"), Sse.Delta("lo"), Tools, Sse.Usage, Sse.Done));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);
        await response.Content.ReadAsStringAsync(Cancel);
        var row = await gateway.RowAsync(response.RequestId());

        Assert.Equal("Hello\nsend{\"to\":\"[redacted:email]\"}", row.GetProperty("answer").GetString());
        Assert.Equal("tool_call", row.GetProperty("answer_parts")[1].GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData(true, null, null, true)]
    [InlineData(false, null, null, false)]
    [InlineData(true, false, null, false)]
    [InlineData(false, true, null, true)]
    [InlineData(true, null, false, false)]
    [InlineData(false, null, true, true)]
    [InlineData(true, true, false, true)]
    [InlineData(false, false, true, false)]
    public async Task The_key_decides_before_its_team_and_that_before_the_settings(bool settings, bool? key, bool? team, bool kept)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, $"--Gateway:PromptLog:Enabled={settings}");
        var made = await PostAsync(gateway.Admin, "/admin/teams", new { name = "t", log_prompts = team });
        Assert.Equal(team, made.GetProperty("log_prompts").Deserialize<bool?>());
        using var caller = await gateway.NewCallerAsync(new { name = "k", log_prompts = key, team_id = made.GetProperty("id").GetString() });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        var row = await gateway.RowAsync(response.RequestId());

        Assert.Equal(kept, row.TryGetProperty("prompt", out _));
        Assert.Equal(!kept, row.TryGetProperty("content_absent", out var absent) && absent.GetString() == "off");
    }

    [Fact]
    public async Task A_keys_content_is_erased_up_to_a_time()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        using var first = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        var row = await gateway.RowAsync(first.RequestId());
        using var second = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        var key = row.GetProperty("key_id").GetString();
        var later = (await gateway.RowAsync(second.RequestId())).GetProperty("time").GetString();

        using var deleted = await gateway.Admin.DeleteAsync($"/admin/requests?key_id={key}&before={later}", Cancel);

        Assert.Contains("\"erased\":1", await deleted.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal("erased", (await gateway.RowAsync(first.RequestId())).GetProperty("content_absent").GetString());
        Assert.True((await gateway.RowAsync(second.RequestId())).TryGetProperty("prompt", out _));
    }

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("?before=2026-11-24T00:00:00Z", "invalid_request")]
    [InlineData("?user=ann&before=now", "invalid_request")]
    [InlineData("?team=x", "unknown_field")]
    public async Task An_erasure_says_whose(string query, string code)
    {
        await using var gateway = await GatewayHost.StartAsync([]);

        using var response = await gateway.Admin.DeleteAsync("/admin/requests" + query, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains($"\"code\":\"{code}\"", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_export_puts_prompt_answer_rating_and_comment_side_by_side()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            ids.Add(response.RequestId());
        }

        using (await caller.PostAsJsonAsync("/v1/feedback", new { request_id = ids[1], rating = "down", comment = "wrong" }, Cancel))
        {
            await gateway.RowAsync(ids[2]);
        }

        var all = await LinesAsync(gateway, "/admin/requests/export");
        var down = await LinesAsync(gateway, "/admin/requests/export?rating=down&model=gpt-4o");

        Assert.Equal(3, all.Count);
        Assert.All(all, line => Assert.Equal("Four.", line.GetProperty("answer").GetString()));
        var rated = Assert.Single(down);
        Assert.Equal(ids[1], rated.GetProperty("id").GetString());
        Assert.Equal(Caller.Chat, rated.GetProperty("prompt").GetString());
        Assert.Equal("down", rated.GetProperty("feedback").GetProperty("rating").GetString());
        Assert.Equal("wrong", rated.GetProperty("feedback").GetProperty("comment").GetString());
    }

    [Fact]
    public async Task An_erasure_is_in_the_audit_log()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        using var response = await caller.CallAsync("""{"model":"gpt-4o","user":"ann","messages":[{"role":"user","content":"hi"}]}""", cancel: Cancel);
        await gateway.RowAsync(response.RequestId());

        using var deleted = await gateway.Admin.DeleteAsync("/admin/requests?user=ann&before=2100-01-01T00:00:00Z", Cancel);
        var log = await gateway.Admin.GetFromJsonAsync<JsonElement>("/admin/audit?object_type=request", Cancel);

        var entry = Assert.Single(log.GetProperty("data").EnumerateArray());
        Assert.Equal("request.erase", entry.GetProperty("action").GetString());
        Assert.Equal("""{"user":"ann","key_id":null,"before":"2100-01-01T00:00:00.000Z","erased":1}""", entry.GetProperty("after").GetRawText());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<List<JsonElement>> LinesAsync(GatewayHost gateway, string path)
    {
        var text = await gateway.Admin.GetStringAsync(path, Cancel);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, object body)
    {
        using var response = await client.PostAsJsonAsync(path, body, Cancel);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel));
    }
}
