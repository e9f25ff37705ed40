using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Limits;

/// <summary>What sets the gateway apart: hard limits hold to the token, whatever callers do.</summary>
public class HardLimitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_hundred_parallel_calls_at_a_limit_of_ten_requests_ten_are_served()
    {
        await using var upstream = FakeUpstream.Answering(Answer(5, 5));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "requests", limit = 10, per = "day" });

        var statuses = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            return response.StatusCode;
        }));

        Assert.Equal(10, statuses.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(90, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
        Assert.Equal(10, upstream.Calls.Count);
    }

    [Fact]
    public async Task Parallel_calls_never_spend_more_tokens_than_the_limit()
    {
        // The provider obeys its cap and uses all of it: what LiteLLM's callers overspent six times.
        await using var upstream = FakeUpstream.Start(async call =>
        {
            var cap = (long?)JsonNode.Parse(call.BodyText)?["max_completion_tokens"] ?? 1000;
            await call.RespondAsync(Answer(8, cap));
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "tokens", limit = 1000, per = "day" });

        var served = 1;
        while (served > 0)
        {
            served = (await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
            {
                using var response = await caller.CallAsync("""{"model":"gpt-4o","max_completion_tokens":100,"messages":[{"role":"user","content":"Hello"}]}""", cancel: Cancel);
                return response.StatusCode;
            }))).Count(status => status == HttpStatusCode.OK);
            await NothingReservedAsync(caller);
        }

        var limit = (await KeyAsync(caller)).GetProperty("limits")[0];
        // Not one more, and less only by what no longer fits a prompt of 8 and an answer of 1.
        Assert.InRange(limit.GetProperty("used").GetInt64(), 992, 1000);
        Assert.Equal(0, limit.GetProperty("reserved").GetInt64());
    }

    [Fact]
    public async Task A_cap_that_the_limit_lowers_goes_into_the_body_and_is_told()
    {
        await using var upstream = FakeUpstream.Answering(Answer(8, 20));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "tokens", limit = 50, per = "month" });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        // Hello counts 8, so 42 are left for the answer.
        Assert.Equal("42", response.Headers.GetValues("x-gateway-max-output-tokens").Single());
        Assert.Equal(42, (int?)JsonNode.Parse(upstream.Calls.Single().BodyText)?["max_completion_tokens"]);
        Assert.Equal("50", response.Headers.GetValues("x-ratelimit-limit-tokens").Single());
        Assert.Equal("0", response.Headers.GetValues("x-ratelimit-remaining-tokens").Single());
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(50, row.GetProperty("reserved_tokens").GetInt64());
        Assert.Equal(28, (await KeyAsync(caller)).GetProperty("limits")[0].GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task A_refusal_names_the_limit_and_does_not_invite_sleeping_for_hours()
    {
        await using var upstream = FakeUpstream.Answering(Answer(8, 20));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "tokens", limit = 8, per = "day" });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        Assert.False(response.Headers.Contains("retry-after"));
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("error");
        Assert.Equal("insufficient_quota", error.GetProperty("code").GetString());
        Assert.Contains("8 tokens per day", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("resets at", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(upstream.Calls);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal("denied", row.GetProperty("outcome").GetString());
        Assert.Equal("tokens", row.GetProperty("denied_by").GetProperty("unit").GetString());
    }

    [Fact]
    public async Task A_limit_of_calls_at_once_frees_with_each_end_and_says_when_to_try_again()
    {
        using var mayEnd = new SemaphoreSlim(0);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await mayEnd.WaitAsync(Cancel);
            await call.RespondAsync(Answer(8, 1));
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "concurrent", limit = 1 });

        var first = caller.CallAsync(Caller.Chat, cancel: Cancel);
        await Until(() => upstream.Calls.Count == 1);
        using var second = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        mayEnd.Release(2);
        using var ended = await first;
        await gateway.RowAsync(ended.RequestId());
        using var third = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.Equal("1", second.Headers.GetValues("retry-after").Single());
        Assert.Contains("rate_limit_exceeded", await second.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Fact]
    public async Task What_a_call_was_charged_follows_from_how_it_ended()
    {
        var status = 500;
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(status == 200 ? Answer(8, 2) : "{}", status));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "tokens", limit = 100_000, per = "day" }, new { unit = "requests", limit = 100, per = "day" });

        using (var refused = await caller.CallAsync(Caller.Chat, cancel: Cancel))
        {
            await gateway.RowAsync(refused.RequestId());
        }

        Assert.Equal((0, 1), await UsedAsync(caller));
        status = 200;
        using var answered = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await gateway.RowAsync(answered.RequestId());

        Assert.Equal((10, 2), await UsedAsync(caller));
    }

    [Fact]
    public async Task A_call_that_never_reached_the_upstream_costs_nothing()
    {
        var upstream = FakeUpstream.Answering(Answer(8, 2));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await upstream.DisposeAsync();
        using var caller = await LimitedAsync(gateway, new { unit = "tokens", limit = 100_000, per = "day" }, new { unit = "requests", limit = 100, per = "day" });

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await gateway.RowAsync(response.RequestId());

        Assert.Equal((0, 0), await UsedAsync(caller));
    }

    [Fact]
    public async Task A_call_left_by_its_caller_before_it_was_let_in_for_good_costs_nothing()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.GoneAsync(Cancel);
            gone.SetResult();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "tokens", limit = 100_000, per = "day" });
        await using (var held = Sql.HoldWriteLock(gateway.Database))
        {
            using var leaving = new CancellationTokenSource();
            var call = caller.CallAsync(Caller.Chat, cancel: leaving.Token);
            await Until(() => upstream.Calls.Count == 1);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            await gone.Task.WaitAsync(Cancel);
            // Meanwhile another process takes the counters over, which do not know of this call.
            Sql.Execute(held, "update quota_epochs set epoch = epoch + 1 where tag = '*'; commit");
        }

        var row = await OnlyRowAsync(gateway);
        Assert.Equal(("client_disconnected", 0), (row.GetProperty("outcome").GetString(), row.GetProperty("input_tokens").GetInt32()));
    }

    [Fact]
    public async Task Changing_a_limits_amount_under_load_keeps_what_was_counted()
    {
        await using var upstream = FakeUpstream.Answering(Answer(8, 2));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "requests", limit = 1, per = "total" });
        using var first = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        using var second = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        var id = (await KeyAsync(caller)).GetProperty("id").GetString();
        await PatchAsync(gateway, id, """{"limits":[{"unit":"requests","limit":2,"per":"total"}]}""");
        using var third = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        using var fourth = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal([200, 429, 200, 429], new[] { first, second, third, fourth }.Select(response => (int)response.StatusCode));
    }

    [Fact]
    public async Task A_limit_that_is_removed_and_added_again_goes_on_from_what_it_had_counted()
    {
        await using var upstream = FakeUpstream.Answering(Answer(8, 2));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "requests", limit = 2, per = "total" });
        var id = (await KeyAsync(caller)).GetProperty("id").GetString();
        using var counted = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await PatchAsync(gateway, id, """{"limits":[]}""");
        using var uncounted = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        await PatchAsync(gateway, id, """{"limits":[{"unit":"requests","limit":2,"per":"total"}]}""");
        using var last = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        using var refused = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal([200, 200, 200, 429], new[] { counted, uncounted, last, refused }.Select(response => (int)response.StatusCode));
    }

    [Fact]
    public async Task A_key_that_moves_to_a_team_counts_its_own_limits_anew_and_is_counted_by_the_team_from_then_on()
    {
        await using var upstream = FakeUpstream.Answering(Answer(8, 2));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await LimitedAsync(gateway, new { unit = "requests", limit = 2, per = "total" });
        var id = (await KeyAsync(caller)).GetProperty("id").GetString();
        using var before = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        using var made = await gateway.Admin.CallAsync("""{"name":"t","limits":[{"unit":"requests","limit":3,"per":"total"}]}""", "/admin/teams", Cancel);
        var team = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync(Cancel)).GetProperty("id").GetString();

        await PatchAsync(gateway, id, $$"""{"team_id":"{{team}}"}""");
        using var after = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal([200, 200], new[] { before, after }.Select(response => (int)response.StatusCode));
        await NothingReservedAsync(caller);
        var limits = (await KeyAsync(caller)).GetProperty("limits").EnumerateArray().Select(limit => (limit.GetProperty("limit").GetInt32(), limit.GetProperty("used").GetInt32()));
        Assert.Equal([(2, 1), (3, 1)], limits.Order());
    }

    private static string Answer(long input, long output) =>
        $$$"""{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":{{{input + output}}}}}""";

    private static Task<HttpClient> LimitedAsync(GatewayHost gateway, params object[] limits) => gateway.NewCallerAsync(new { name = "limited", limits });

    private static async Task PatchAsync(GatewayHost gateway, string? key, string change)
    {
        using var patch = new HttpRequestMessage(HttpMethod.Patch, $"/admin/keys/{key}") { Content = new StringContent(change, Encoding.UTF8, "application/json") };
        using var patched = await gateway.Admin.SendAsync(patch, Cancel);
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
    }

    private static async Task<JsonElement> KeyAsync(HttpClient caller) =>
        JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel));

    private static async Task<(long Tokens, long Requests)> UsedAsync(HttpClient caller)
    {
        var limits = (await KeyAsync(caller)).GetProperty("limits");
        return (limits[0].GetProperty("used").GetInt64(), limits[1].GetProperty("used").GetInt64());
    }

    /// <summary>The counters hear of an end when the ledger has it, a moment after the caller.</summary>
    private static async Task NothingReservedAsync(HttpClient caller)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while ((await KeyAsync(caller)).GetProperty("limits")[0].GetProperty("reserved").GetInt64() > 0)
        {
            await timer.WaitForNextTickAsync(Cancel);
        }
    }

    private static async Task<JsonElement> OnlyRowAsync(GatewayHost gateway)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var page = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/requests", UriKind.Relative), Cancel));
            if (page.GetProperty("data") is { } rows && rows.GetArrayLength() > 0)
            {
                return Assert.Single(rows.EnumerateArray());
            }

            await timer.WaitForNextTickAsync(Cancel);
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(Cancel);
        }
    }
}
