using System.Net.Http.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.BrowserTests;

public sealed class PlaygroundTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_older_than_those_listed_pays_and_shows_that_it_does()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        Sql.Execute(
            gateway.Database,
            """
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
            insert into keys (id, hash, hint, name, metadata, created_at, change) select 'key_' || printf('%032x', i), randomblob(32), printf('%04x', i), 'key ' || i, '{}', i, 0 from n
            """);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);

        browser.Go($"/console/playground?key=key_{7:x32}");
        browser.Find("#message").SendKeys("Who pays?" + Key.Enter);

        browser.Shows("Who pays?", ".gw-said[data-done=true]");
        Assert.Equal("key 7 (…0007)", browser.Run("return document.querySelector('main select').selectedOptions[0]?.text"));
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        Assert.Equal($"key_{7:x32}", (await browser.LatestRowAsync(gateway)).GetProperty("data")[0].GetProperty("key_id").GetString());
    }

    [Fact]
    public async Task Stop_ends_the_call_and_keeps_what_came()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            try
            {
                for (var i = 0; await pace.WaitForNextTickAsync(CancellationToken.None); i++)
                {
                    await call.ChunkAsync($"data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word{i} \"}}}}]}}\n\n");
                }
            }
            catch (IOException)
            {
                left.TrySetResult();
            }
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await gateway.NewKeyAsync(new { name = "chat" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground?model=gpt-4o");
        browser.Find("#message").SendKeys("Go on" + Key.Enter);
        browser.Shows("word20", ".gw-said[data-done=false]");

        browser.Click("Stop");

        browser.Shows("Stopped by you.");
        browser.Shows("word20", ".gw-said[data-done=true]");
        await left.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        browser.Find("#message").SendKeys("free again");
    }

    [Fact]
    public async Task Columns_fail_and_succeed_beside_each_other()
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"It broke <b>badly</b>","type":"server_error","code":"boom"}}""", 500);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await gateway.NewKeyAsync(new { name = "chat" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground");
        browser.Find("#message");

        browser.Click("Compare");
        browser.WaitFor(() => browser.Elements(".gw-column").Count == 2 ? "" : null, "a second column");
        browser.Find("#message").SendKeys("Both of you" + Key.Enter);

        browser.Shows("It broke <b>badly</b>", ".gw-column .gw-alert");
        browser.Shows("Both of you", ".gw-said[data-done=true]");
        Assert.Single(browser.Elements(".gw-column .gw-alert"));
    }

    [Fact]
    public async Task A_limit_that_refuses_says_so_in_place()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await gateway.NewKeyAsync(new { name = "tiny", limits = new[] { new { unit = "requests", per = "day", limit = 1 } } });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground");
        browser.Find("#message").SendKeys("one" + Key.Enter);
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        browser.Shows("0 left", "#bars");

        browser.Find("#message").SendKeys("two" + Key.Enter);

        browser.Shows("insufficient_quota", ".gw-alert.gw-warn");
        browser.Click("Edit limits");
        browser.Shows("1 request a day, hard");
    }

    [Fact]
    public async Task The_code_shows_what_would_be_sent_without_any_secret()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        var secret = await gateway.NewKeyAsync(new { name = "chat" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground");
        browser.Find("#p-temperature").SendKeys("0.5" + Key.Tab);
        browser.Find("#message").SendKeys("It's $HOME");

        browser.Click("Code");

        browser.Shows("\"temperature\":0.5", "pre.gw-code");
        browser.Shows("It'\\''s $HOME", "pre.gw-code");
        browser.Click("Python");
        browser.Shows("OpenAI(base_url=", "pre.gw-code");
        Assert.DoesNotContain(secret[^8..], browser.Source, StringComparison.Ordinal);
        Assert.Empty(browser.Elements("pre.gw-code:empty"));
    }

    [Fact]
    public async Task New_requests_flow_into_the_list_and_obey_its_filter()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "live" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/requests?model=echo");
        browser.Shows("No requests match.");

        using var other = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "unknown", messages = Array.Empty<object>() }, Cancel);
        using var wanted = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = "x" } } }, Cancel);

        browser.Shows("live", "table");
        Assert.Single(browser.Elements("a.gw-rowlink"));
        browser.Find("a.gw-rowlink").Click();
        browser.Shows("Counted by");
        browser.Shows("Answer", "section[aria-labelledby=content]");
        Assert.EndsWith("?model=echo", browser.Url, StringComparison.Ordinal);
    }
}
