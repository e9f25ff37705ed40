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

/// <summary>The prompt log's files: what lies in them, what does not any more, and what happens where they can't be written.</summary>
public sealed class PromptFileTests
{
    private const string Answer =
        """{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"Four."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
