using System.Net.Http.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>What the playground keeps in its tab, and what it takes over from a call.</summary>
public sealed class KeptChatTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conversation_survives_a_reload_and_goes_on_but_not_past_signing_out()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await gateway.NewKeyAsync(new { name = "chat" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground");
        browser.Fill("#p-system", "Be brief." + Key.Tab);
        browser.Find("input[type=checkbox]").Click();
        browser.Find("#message").SendKeys("Remember ü and 漢字" + Key.Enter);
        browser.Find(".gw-said a[href*='/console/requests/req_']");

        browser.Reload();
        browser.Shows("Remember ü and 漢字", ".gw-said[data-done=true]");
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        Assert.Equal("Be brief.", browser.Find("#p-system").GetAttribute("value"));
        Assert.False(browser.Find("input[type=checkbox]").Selected);
        browser.Find("#message").SendKeys("And this" + Key.Enter);
        browser.WaitFor(() => browser.Elements(".gw-said a[href*='/console/requests/req_']").Count == 2 ? "" : null, "a second answer");
        var row = (await browser.LatestRowAsync(gateway)).GetProperty("data")[0].GetProperty("id").GetString() ?? "";
        var detail = await gateway.RowAsync(row);
        Assert.Contains("Remember", detail.GetProperty("prompt").ToString(), StringComparison.Ordinal);

        browser.Find("button[aria-label='Sign out']").Click();
        browser.Find("#key").SendKeys(GatewayHost.AdminKey + Key.Enter);
        browser.Find("main h1");
        browser.Go("/console/playground");
        browser.Shows("Ask something.");
        Assert.Empty(browser.Elements(".gw-said"));
    }

    [Fact]
    public async Task A_long_text_can_be_pasted_and_survives_a_reload()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await gateway.NewKeyAsync(new { name = "chat" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground");
        browser.Find("#message");
        browser.Run("const m = document.getElementById('message'); m.value = 'long '.repeat(40000) + 'end'; m.dispatchEvent(new Event('input', { bubbles: true }));");
        browser.Reload();
        browser.WaitFor(() => browser.Run("return document.getElementById('message')?.value.length") is 200_003L ? "" : null, "the draft to be back");

        browser.Click("Send");

        browser.Find(".gw-said a[href*='/console/requests/req_']");
        browser.Reload();
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        Assert.Empty(browser.Complaints());
    }

    [Fact]
    public async Task A_kept_call_is_tried_again_in_the_playground()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false", "--Gateway:PromptLog:Enabled=true"]);
        using var caller = await gateway.NewCallerAsync(new { name = "first" });
        await gateway.NewKeyAsync(new { name = "second" });
        using var answer = await caller.PostAsJsonAsync(
            "/v1/chat/completions",
            new
            {
                model = "echo",
                temperature = 0.7,
                messages = new object[]
                {
                    new { role = "system", content = "Be kind." }, new { role = "user", content = "one" }, new { role = "assistant", content = "two" },
                    new { role = "tool", content = "4", tool_call_id = "x" }, new { role = "user", content = new[] { new { type = "text", text = "three <b>" } } },
                },
            },
            Cancel);
        answer.EnsureSuccessStatusCode();
        var id = answer.Headers.GetValues("x-request-id").Single();
        await gateway.RowAsync(id);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go($"/console/requests/{id}");
        browser.Find("a[href*='/console/playground?request=']");
        await PictureAsync(browser, "request-kept");

        browser.Click("Try in the playground");

        browser.WaitFor(() => browser.Find("#message").GetAttribute("value") == "three <b>" ? "" : null, "the last message to send again");
        browser.Shows("two", ".gw-said[data-done=true]");
        browser.Shows("1 message can't be sent from here");
        Assert.Equal(("Be kind.", "0.7"), (browser.Find("#p-system").GetAttribute("value"), browser.Find("#p-temperature").GetAttribute("value")));
        Assert.DoesNotContain("request=", browser.Url, StringComparison.Ordinal);
        Assert.Contains("first", (string?)browser.Run("const s = document.querySelector('select[aria-label=\"Key that pays\"]'); return s.options[s.selectedIndex].text") ?? "", StringComparison.Ordinal);
        browser.Find("#message").SendKeys(Key.Enter);
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        await PictureAsync(browser, "playground-kept");
        Assert.Empty(browser.Complaints());
    }

    /// <summary>At both widths, with nothing wider than the screen.</summary>
    private static async Task PictureAsync(Browser browser, string name)
    {
        foreach (var width in (int[])[Browser.Narrow, Browser.Wide])
        {
            browser.Resize(width);
            var (drawn, fits) = browser.Widths();
            Assert.True(drawn <= fits, $"{name} is {drawn} wide, {fits} show.");
            if (ScreenshotFolder.Path is { } folder)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{width}.png"), browser.Screenshot(), Cancel);
            }
        }
    }
}
