using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>An admin who never read the documents issues a key with a limit, tries it and sees it spent.</summary>
public sealed class TwoMinuteJourneyTests
{
    [Fact]
    public async Task From_an_empty_folder_to_a_spent_limit_in_a_dozen_actions()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);

        browser.Click("Create a key");
        browser.Fill("#key-name", "ci-bot");
        browser.Click("Create key");
        var secret = browser.Text("#secret");
        Assert.StartsWith("sk-gw-", secret, StringComparison.Ordinal);
        browser.Shows("Key created", ".mud-dialog-title");
        browser.Shows($"Bearer {secret}", ".mud-dialog");

        browser.Click("Try it in the playground");
        browser.Find("#message");
        Assert.Empty(browser.Elements("#secret"));
        Assert.DoesNotContain(secret, browser.Source, StringComparison.Ordinal);
        browser.Shows("0 used", "#bars");
        browser.Find("#message").SendKeys("How far does a limit reach?" + Key.Enter);

        browser.Shows("How far does a limit reach?", ".gw-said[data-done=true]");
        browser.Find(".gw-said a[href*='/console/requests/req_']");
        var row = (await browser.LatestRowAsync(gateway)).GetProperty("data")[0];
        var used = row.GetProperty("input_tokens").GetInt64() + row.GetProperty("output_tokens").GetInt64();
        browser.Shows($"{used} used", "#bars");
        Assert.Equal("playground", row.GetProperty("user").GetString());
        Assert.Empty(browser.Complaints());
    }
}
