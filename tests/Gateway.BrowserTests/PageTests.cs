using System.Net.Http.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>What every page must hold: no finding of axe-core, nothing wider than the screen, nothing loaded from elsewhere, no complaint of the browser.</summary>
public sealed class PageTests
{
    private const string Hostile = "evil \u202E<script>alert(1)</script><svg onload=alert(2)>\u001B[31m";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Browser.Wide, false)]
    [InlineData(Browser.Wide, true)]
    [InlineData(Browser.Narrow, false)]
    [InlineData(Browser.Narrow, true)]
    public async Task Every_page_is_accessible_and_fits(int width, bool dark)
    {
        await using var gateway = await SpentGateway.StartAsync();
        using var browser = Browser.SignedIn(gateway.Host.Address, GatewayHost.AdminKey, width, dark);

        foreach (var (name, path, shown) in gateway.Pages)
        {
            browser.Go(path);
            browser.Find(shown);

            Assert.Equal((name, Array.Empty<string>()), (name, [.. browser.AxeFindings()]));
            var (drawn, fits) = browser.Widths();
            Assert.True(drawn <= fits, $"{name} is {drawn} wide, {fits} show.");
            if (ScreenshotFolder.Path is { } folder)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{width}{(dark ? "-dark" : "")}.png"), browser.Screenshot(), Cancel);
            }
        }

        // The one page that is not there is told as such.
        Assert.All(browser.Complaints(), complaint => Assert.Contains("/console/nothing-here", complaint, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dialogs_are_accessible(bool dark)
    {
        await using var gateway = await SpentGateway.StartAsync();
        using var browser = Browser.SignedIn(gateway.Host.Address, GatewayHost.AdminKey, Browser.Wide, dark);

        browser.Go("/console/keys?new=1");
        browser.Find("#key-name");
        Assert.Empty(browser.AxeFindings());
        browser.Fill("#key-name", "new");
        browser.Click("Create key");
        browser.Find("#secret");
        Assert.Empty(browser.AxeFindings());

        browser.Go(gateway.KeyPath);
        browser.Click("Revoke key");
        browser.Find(".mud-dialog");
        Assert.Empty(browser.AxeFindings());
    }

    [Fact]
    public async Task The_sign_in_page_is_accessible_in_both_themes()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        foreach (var dark in (bool[])[false, true])
        {
            using var browser = Browser.Open(gateway.Address, Browser.Narrow, dark);
            browser.Go("/console/signin");
            browser.Find("#key").SendKeys("wrong" + Key.Enter);
            browser.Shows("That key is not right.");
            Assert.Empty(browser.AxeFindings());
        }
    }

    [Fact]
    public async Task Text_of_strangers_is_inert_wherever_it_shows()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = Hostile.Replace("\u001B[31m", "", StringComparison.Ordinal) });
        using var answer = await caller.PostAsJsonAsync(
            "/v1/chat/completions",
            new { model = "echo", user = Hostile, messages = new[] { new { role = "user", content = "x" } } },
            Cancel);
        answer.EnsureSuccessStatusCode();
        using var refused = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = Hostile, messages = Array.Empty<object>() }, Cancel);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);

        // By model there is nothing to see: a name that no setting knows is summed with the others.
        foreach (var path in (string[])["/console/keys", "/console/requests", "/console/usage?group=user&measure=requests", "/console/usage?group=key&measure=requests"])
        {
            browser.Go(path);
            browser.Shows("<script>");
            Assert.DoesNotContain('\u202E', browser.Text("body"));
            Assert.Equal(0L, browser.Run("return document.querySelectorAll('main script, main [onload], main [onerror], main iframe').length"));
        }

        browser.Go("/console/playground");
        browser.Find("#message");
        browser.Run(
            "const m = document.getElementById('message'); m.value = arguments[0]; m.dispatchEvent(new Event('input', { bubbles: true }));",
            Hostile + " [link](javascript:alert(3)) ![p](https://elsewhere.invalid/p.png) **bold** <https://example.com/>");
        browser.Click("Send");
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        browser.Click("Markdown");
        browser.Find(".gw-md strong");

        Assert.Equal(0L, browser.Run("return document.querySelectorAll('main script, main [onload], main [onerror], main iframe, .gw-md img, .gw-md svg, .gw-md a[href^=javascript]').length"));
        Assert.Equal("noopener noreferrer nofollow", browser.Find(".gw-md a[href='https://example.com/']").GetAttribute("rel"));
        browser.Shows("ESC", ".gw-md");
        browser.Shows("U+202E", ".gw-md");
        Assert.Empty(browser.Complaints());
    }
}
