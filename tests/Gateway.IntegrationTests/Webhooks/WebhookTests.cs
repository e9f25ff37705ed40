using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Hosting;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Webhooks;

/// <summary>What a receiver of alerts hears, checks and may rely upon.</summary>
public sealed class WebhookTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private const string Answer = """{"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_limit_is_told_once_when_it_is_near_and_once_when_it_is_reached_signed()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var receiver = FakeUpstream.Answering("");
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings(receiver));
        using var caller = await CallerAsync(gateway, new { unit = "requests", limit = 5, per = "day", model = "gpt-*" });

        await ServeAsync(gateway, caller, 3);
        await LookAsync(gateway);
        await ServeAsync(gateway, caller, 1);
        await LookAsync(gateway);
        await LookAsync(gateway);
        await HeardAsync(receiver, 1);
        await ServeAsync(gateway, caller, 1);
        await LookAsync(gateway);
        await LookAsync(gateway);
        await HeardAsync(receiver, 2);

        var calls = receiver.Calls.ToList();
        Assert.Equal(["limit.near", "limit.reached"], calls.Select(call => Parse(call).GetProperty("type").GetString()));
        Assert.All(calls, call => Assert.Equal(Signature(call), call.Header("webhook-signature")));
        Assert.All(calls, call => Assert.Equal("application/json", call.Header("content-type")));
        Assert.All(calls, call => Assert.Equal(call.Header("webhook-id"), Parse(call).GetProperty("id").GetString()));
        var data = Parse(calls[0]).GetProperty("data");
        Assert.StartsWith("key_", data.GetProperty("key_id").GetString(), StringComparison.Ordinal);
        Assert.Equal(("key", "k", "requests", "day", "gpt-*", "hard"), (Text(data, "scope"), Text(data, "name"), Text(data, "unit"), Text(data, "per"), Text(data, "model"), Text(data, "mode")));
        Assert.Equal((5, 4, .8), (data.GetProperty("limit").GetInt32(), data.GetProperty("used").GetInt32(), data.GetProperty("share").GetDouble()));
        Assert.Equal(JsonValueKind.Null, data.GetProperty("team_id").ValueKind);
        Assert.EndsWith("T00:00:00Z", Text(data, "resets_at"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_reached_at_one_stroke_is_not_told_to_be_near_and_a_raised_limit_is_told_anew()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var receiver = FakeUpstream.Answering("");
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings(receiver));
        var team = await PostAsync(gateway, "/admin/teams", new { name = "t", limits = new[] { new { unit = "tokens", limit = 10, per = "total", mode = "soft" } } });
        using var caller = await gateway.NewCallerAsync(new { name = "k", team_id = team });
        await ServeAsync(gateway, caller, 1);
        await LookAsync(gateway);
        await HeardAsync(receiver, 1);

        using var raised = await gateway.Admin.PatchAsync(
            new Uri($"/admin/teams/{team}", UriKind.Relative), new StringContent("""{"limits":[{"unit":"tokens","limit":12,"per":"total","mode":"soft"}]}""", Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.OK, raised.StatusCode);
        await LookAsync(gateway);
        await LookAsync(gateway);
        await HeardAsync(receiver, 2);

        Assert.Equal(["limit.reached", "limit.near"], receiver.Calls.Select(call => Parse(call).GetProperty("type").GetString()));
        Assert.All(receiver.Calls, call => Assert.Equal(team, Text(Parse(call).GetProperty("data"), "team_id")));
    }

    [Fact]
    public async Task What_running_calls_hold_is_not_spent()
    {
        var finish = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Start(async call =>
        {
            begun.TrySetResult();
            await finish.Task;
            await call.RespondAsync(Answer);
        });
        await using var receiver = FakeUpstream.Answering("");
        await using var gateway = await GatewayHost.StartAsync(upstream, [.. Settings(receiver), "--Gateway:DefaultMaxOutputTokens=900"]);
        using var caller = await CallerAsync(gateway, new { unit = "tokens", limit = 1000, per = "day" });
        using var told = await CallerAsync(gateway, new { unit = "requests", limit = 1, per = "day" });
        var running = caller.CallAsync(Caller.Chat, cancel: Cancel);
        await begun.Task;
        await Eventually.IsTrueAsync(
            async () =>
            {
                await LookAsync(gateway);
                return gateway.Services.GetRequiredService<LimitWatch>().Near.Any(near => near.Limit.Amount == 1000 && near.Held > 800);
            },
            Patience,
            Cancel);
        finish.SetResult();
        (await running).Dispose();
        await ServeAsync(gateway, told, 1);
        await LookAsync(gateway);
        await HeardAsync(receiver, 1);

        Assert.Equal("requests", Text(Parse(receiver.Calls.Single()).GetProperty("data"), "unit"));
    }

    [Fact]
    public async Task Two_gateways_on_one_database_tell_the_same_under_one_id()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var receiver = FakeUpstream.Answering("");
        await using var first = await GatewayHost.StartAsync(upstream, Settings(receiver));
        using var caller = await CallerAsync(first, new { unit = "requests", limit = 1, per = "month" }, new { unit = "requests", limit = 1, per = "total" });
        await ServeAsync(first, caller, 1);
        await LookAsync(first);
        await HeardAsync(receiver, 2);

        await using var second = await GatewayHost.StartBesideAsync(first, Settings(receiver));
        await LookAsync(second);
        await HeardAsync(receiver, 4);

        Assert.All(receiver.Calls.GroupBy(call => call.Header("webhook-id")), same => Assert.Equal(2, same.Count()));
    }

    [Fact]
    public async Task What_a_receiver_does_not_take_comes_again_with_the_same_id_and_body_and_a_signature_of_its_own_time()
    {
        var failures = 2;
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var receiver = FakeUpstream.Start(call => Interlocked.Decrement(ref failures) switch
        {
            1 => call.RespondAsync("busy", 503),
            0 => call.RespondAsync("", 307, "text/plain", "location: http://127.0.0.1:1/elsewhere"),
            _ => call.RespondAsync("", 204),
        });
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings(receiver));

        Assert.True(gateway.Services.GetRequiredService<WebhookSender>().Post(Event("evt_1")));
        await HeardAsync(receiver, 3);

        Assert.Single(receiver.Calls.Select(call => (call.Header("webhook-id"), call.BodyText)).Distinct());
        Assert.Equal(3, receiver.Calls.Select(call => call.Header("webhook-timestamp")).Distinct().Count());
        Assert.All(receiver.Calls, call => Assert.Equal(Signature(call), call.Header("webhook-signature")));
    }

    [Fact]
    public async Task A_receiver_that_hangs_keeps_neither_calls_nor_another_receiver_nor_a_stop_waiting_and_its_queue_is_bounded()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var hanging = FakeUpstream.Start(call => call.GoneAsync(CancellationToken.None));
        await using var receiver = FakeUpstream.Answering("");
        await using (var gateway = await GatewayHost.StartAsync(
            upstream,
            [$"--Gateway:Webhooks:Urls:0={hanging.BaseUrl}", $"--Gateway:Webhooks:Urls:1={receiver.BaseUrl}", $"--Gateway:Webhooks:Secret={Secret}", "--Gateway:Webhooks:QueueEvents=10", "--Gateway:Webhooks:TimeoutSeconds=60"]))
        {
            var sender = gateway.Services.GetRequiredService<WebhookSender>();
            for (var i = 0; i < 30; i++)
            {
                Assert.True(sender.Post(Event($"evt_{i}")));
                await HeardAsync(receiver, i + 1);
            }

            using var caller = await gateway.NewCallerAsync();
            await ServeAsync(gateway, caller, 1);
        }

        Assert.InRange(hanging.Calls.Count, 0, 1);
    }

    [Fact]
    public async Task Only_the_wanted_events_are_sent()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var receiver = FakeUpstream.Answering("");
        await using var gateway = await GatewayHost.StartAsync(upstream, [.. Settings(receiver), "--Gateway:Webhooks:Events:0=limit.reached"]);
        var sender = gateway.Services.GetRequiredService<WebhookSender>();

        sender.Post(WebhookEvent.Of(WebhookEventType.ProviderFailing, "evt_1", DateTimeOffset.UnixEpoch, new { }));
        sender.Post(WebhookEvent.Of(WebhookEventType.LimitReached, "evt_2", DateTimeOffset.UnixEpoch, new { }));
        await HeardAsync(receiver, 1);

        Assert.Equal("evt_2", receiver.Calls.Single().Header("webhook-id"));
    }

    [Fact]
    public async Task A_provider_is_told_to_fail_and_to_be_well_again_once_each()
    {
        var status = 500;
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(Answer, Volatile.Read(ref status)));
        await using var receiver = FakeUpstream.Answering("");
        await using var gateway = await GatewayHost.StartAsync(upstream, Settings(receiver));
        using var caller = await gateway.NewCallerAsync();
        var alerts = gateway.Services.GetRequiredService<ProviderAlerts>();
        for (var i = 0; i < 3; i++)
        {
            (await caller.CallAsync(Caller.Chat, cancel: Cancel)).Dispose();
        }

        alerts.Look();
        alerts.Look();
        alerts.Look();
        await HeardAsync(receiver, 1);
        Volatile.Write(ref status, 200);
        await Eventually.IsTrueAsync(
            async () =>
            {
                (await caller.CallAsync(Caller.Chat, cancel: Cancel)).Dispose();
                alerts.Look();
                return receiver.Calls.Count > 1;
            },
            Patience,
            Cancel);
        alerts.Look();

        var told = receiver.Calls.Select(Parse).ToList();
        Assert.Equal(["provider.failing", "provider.recovered"], told.Select(each => Text(each, "type")));
        var data = told[0].GetProperty("data");
        Assert.Equal(("fake", "calls_fail"), (Text(data, "provider"), Text(data, "reason")));
        Assert.Equal("gpt-4o", data.GetProperty("models").EnumerateArray().First().GetString());
        Assert.Contains("500", Text(data, "last_error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_credential_is_named_and_what_asks_for_a_pause_is_not_failing()
    {
        await using var upstream = FakeUpstream.Start(call => call.BodyText.Contains("busy", StringComparison.Ordinal)
            ? call.RespondAsync("{}", 429, "application/json", "retry-after: 60")
            : call.RespondAsync("{}", 401));
        await using var receiver = FakeUpstream.Answering("");
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            [
                .. Settings(receiver),
                $"--Gateway:Providers:busy:BaseUrl={upstream.BaseUrl}",
                "--Gateway:Models:1:Name=busy-model", "--Gateway:Models:1:Targets:0:Provider=busy", "--Gateway:Models:1:Targets:0:Model=busy-model",
            ]);
        using var caller = await gateway.NewCallerAsync();
        (await caller.CallAsync("""{"model":"busy-model","messages":[{"role":"user","content":"busy"}]}""", cancel: Cancel)).Dispose();
        (await caller.CallAsync(Caller.Chat, cancel: Cancel)).Dispose();
        var alerts = gateway.Services.GetRequiredService<ProviderAlerts>();

        alerts.Look();
        alerts.Look();
        await HeardAsync(receiver, 1);

        var data = Parse(receiver.Calls.Single()).GetProperty("data");
        Assert.Equal(("fake", "credential_refused"), (Text(data, "provider"), Text(data, "reason")));
    }

    private static string[] Settings(FakeUpstream receiver) => [$"--Gateway:Webhooks:Urls:0={receiver.BaseUrl}/alerts?sig=x", $"--Gateway:Webhooks:Secret={Secret}"];

    private static WebhookEvent Event(string id) => WebhookEvent.Of(WebhookEventType.LimitReached, id, DateTimeOffset.UnixEpoch, new { Name = "k" });

    private static JsonElement Parse(UpstreamCall call) => JsonSerializer.Deserialize<JsonElement>(call.Body);

    private static string? Text(JsonElement data, string name) => data.GetProperty(name).GetString();

    /// <summary>As a receiver checks it, from what docs/webhooks.md says alone.</summary>
    private static string Signature(UpstreamCall call)
    {
        var sent = long.Parse(call.Header("webhook-timestamp") ?? "", CultureInfo.InvariantCulture);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - sent, -5, 300);
        var signed = Encoding.UTF8.GetBytes($"{call.Header("webhook-id")}.{sent}.{call.BodyText}");
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Secret[6..]), signed))}";
    }

    private static Task LookAsync(GatewayHost gateway) => gateway.Services.GetRequiredService<LimitWatch>().LookAsync(Cancel);

    /// <summary>So many calls and, since everything posted before was posted in order, not one more.</summary>
    private static async Task HeardAsync(FakeUpstream receiver, int calls)
    {
        await Eventually.IsTrueAsync(() => new(receiver.Calls.Count >= calls), Patience, Cancel);
        Assert.Equal(calls, receiver.Calls.Count);
    }

    private static async Task<HttpClient> CallerAsync(GatewayHost gateway, params object[] limits) => await gateway.NewCallerAsync(new { name = "k", limits });

    private static async Task<string> PostAsync(GatewayHost gateway, string path, object body)
    {
        using var response = await gateway.Admin.PostAsync(new Uri(path, UriKind.Relative), new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)).GetProperty("id").GetString() ?? "";
    }

    private static async Task ServeAsync(GatewayHost gateway, HttpClient caller, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync(Cancel);
            await gateway.RowAsync(response.RequestId());
        }
    }
}
