using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Prompts;
using Gateway.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

public sealed class PromptLogTests
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
    public async Task Erased_text_is_nowhere_on_the_disk_and_the_figures_stay()
    {
        await using var upstream = FakeUpstream.Answering(Answer.Replace("Four.", "The answer was marmalade.", StringComparison.Ordinal));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        var longText = string.Concat(Enumerable.Repeat("pistachio ", 2_000));
        var erased = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            var user = i % 3 == 0 ? "bob" : "ann";
            using var response = await caller.CallAsync($$"""{"model":"gpt-4o","user":"{{user}}","messages":[{"role":"user","content":"{{user}} likes {{(user == "ann" ? longText : "tea")}}"}]}""", cancel: Cancel);
            await response.Content.ReadAsStringAsync(Cancel);
            if (user == "ann")
            {
                erased.Add(response.RequestId());
            }
        }

        using (var feedback = await caller.PostAsJsonAsync("/v1/feedback", new { request_id = erased[0], rating = "up", comment = "so much pistachio" }, Cancel))
        {
            Assert.Equal(HttpStatusCode.Created, feedback.StatusCode);
        }

        await gateway.RowAsync(erased[^1]);
        Assert.NotEmpty(await PromptFiles.HoldingAsync(gateway.DataDirectory, "pistachio"));

        using var deleted = await gateway.Admin.DeleteAsync("/admin/requests?user=ann", Cancel);
        var answer = JsonSerializer.Deserialize<JsonElement>(await deleted.Content.ReadAsStringAsync(Cancel));

        Assert.Equal(20, answer.GetProperty("erased").GetInt32());
        Assert.Empty(await PromptFiles.HoldingAsync(gateway.DataDirectory, "pistachio"));
        Assert.NotEmpty(await PromptFiles.HoldingAsync(gateway.DataDirectory, "bob likes tea"));
        var row = await gateway.RowAsync(erased[0]);
        Assert.Equal("erased", row.GetProperty("content_absent").GetString());
        Assert.False(row.TryGetProperty("prompt", out _));
        Assert.Equal(3, row.GetProperty("input_tokens").GetInt64());
        Assert.Equal("up", row.GetProperty("feedback").GetProperty("rating").GetString());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("feedback").GetProperty("comment").ValueKind);

        using var again = await gateway.Admin.DeleteAsync("/admin/requests?user=ann", Cancel);
        Assert.Contains("\"erased\":0", await again.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
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
    public async Task A_day_that_is_too_old_is_dropped_whole_and_frees_the_disk()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:PromptLog:RetentionDays=10");
        var store = gateway.Services.GetRequiredService<PromptStore>();
        var now = DateTimeOffset.UtcNow;
        foreach (var age in (int[])[0, 9, 12, 40])
        {
            var time = now.AddDays(-age);
            store.Write(PromptRow.DayOf(time), [.. Enumerable.Range(0, 100).Select(n => Row($"req_{age}_{n}", time))]);
        }

        var before = FilesOf(gateway).Sum(file => file.Length);
        await gateway.Services.GetRequiredService<PromptRetention>().ApplyAsync(Cancel);

        Assert.Equal([Day(now.AddDays(-9)), Day(now)], FilesOf(gateway).Where(file => file.Extension == ".db").Select(file => Path.GetFileNameWithoutExtension(file.Name)).Order());
        Assert.InRange(FilesOf(gateway).Sum(file => file.Length), 1, before * 6 / 10);
        using var caller = await gateway.NewCallerAsync();
        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        Assert.True((await gateway.RowAsync(response.RequestId())).TryGetProperty("prompt", out _));
    }

    [Fact]
    public async Task A_full_queue_drops_counts_and_serves_the_call()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:PromptLog:QueueRows=10");
        var log = gateway.Services.GetRequiredService<PromptLog>();
        using var caller = await gateway.NewCallerAsync();
        using (var first = await caller.CallAsync(Caller.Chat, cancel: Cancel))
        {
            await gateway.RowAsync(first.RequestId());
        }

        // Held by the store's writer: a full queue behind a disk that takes its time.
        using var hold = new ManualResetEventSlim();
        var held = Task.Run(() => gateway.Services.GetRequiredService<PromptStore>().Write(DateOnly.FromDateTime(DateTime.UnixEpoch), new HoldingList(hold)), Cancel);
        var dropped = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            if (log.WaitingRows >= 10)
            {
                dropped.Add(response.RequestId());
            }
        }

        hold.Set();
        await held;
        Assert.NotEmpty(dropped);
        Assert.Equal("dropped", (await gateway.RowAsync(dropped[^1])).GetProperty("content_absent").GetString());
        var metrics = await gateway.Admin.GetStringAsync("/metrics", Cancel);
        // Other gateways of this process show theirs as well.
        var counts = metrics.Split('\n').Where(text => text.StartsWith("gateway_log_dropped_total", StringComparison.Ordinal) && text.Contains("reason=\"queue_full\"", StringComparison.Ordinal))
            .Select(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.True(counts.Max() >= dropped.Count - 10);
    }

    [Fact]
    public async Task A_store_that_fails_drops_prompts_and_no_call()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await File.WriteAllTextAsync(Path.Combine(gateway.DataDirectory, "prompts"), "not a folder", Cancel);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        var row = await gateway.RowAsync(response.RequestId());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("dropped", row.GetProperty("content_absent").GetString());
        File.Delete(Path.Combine(gateway.DataDirectory, "prompts"));
        using var next = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        Assert.True((await gateway.RowAsync(next.RequestId())).TryGetProperty("prompt", out _));
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

    private static PromptRow Row(string id, DateTimeOffset time) => new()
    {
        Id = new RequestId(id),
        Time = time,
        State = PromptState.Kept,
        Prompt = Encoding.UTF8.GetBytes(new string('x', 5_000)),
    };

    private static string Day(DateTimeOffset time) => PromptRow.DayOf(time).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static FileInfo[] FilesOf(GatewayHost gateway) => new DirectoryInfo(Path.Combine(gateway.DataDirectory, "prompts")).GetFiles();

    /// <summary>Rows that come only when they are let go.</summary>
    private sealed class HoldingList(ManualResetEventSlim hold) : IReadOnlyList<PromptRow>
    {
        public int Count => 0;

        public PromptRow this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<PromptRow> GetEnumerator()
        {
            hold.Wait();
            yield break;
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
