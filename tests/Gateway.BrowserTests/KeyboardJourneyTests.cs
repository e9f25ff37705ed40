using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>The whole journey by an admin without a mouse: nothing here clicks.</summary>
public sealed class KeyboardJourneyTests
{
    [Fact]
    public async Task A_call_is_explained_usage_read_and_a_limit_widened_by_keys_alone()
    {
        await using var gateway = await SpentGateway.StartAsync();
        var refused = gateway.Pages.Single(page => page.Name == "request").Path.Split('/')[^1];
        using var browser = Browser.Open(gateway.Host.Address);
        browser.Go("/");
        browser.TabTo("#key");
        browser.Press(GatewayHost.AdminKey + Key.Enter);
        browser.Find(".gw-tiles");

        browser.Press("/");
        browser.Press(refused + Key.Enter);
        browser.Shows("Refused by a limit of the key: 12 requests a day.");

        browser.Press("gu");
        browser.Find("#total");
        browser.TabTo("#group");
        browser.Press("t");
        browser.Shows("Search", "table");

        browser.TabTo("#search");
        browser.Press("search-api" + Key.Enter);
        browser.Shows("12 requests a day, hard");
        browser.TabTo("main button.gw-button");
        Assert.Equal("Edit limits", browser.Run("return document.activeElement.textContent.trim()"));
        browser.Press(Key.Enter);
        browser.TabTo("#amount-0");
        browser.Press("24" + Key.Tab);
        browser.TabTo(".mud-dialog .gw-main");
        browser.Press(Key.Enter);
        browser.Shows("24 requests a day, hard");
        Assert.Empty(browser.Complaints());
    }

    [Fact]
    public async Task From_signing_in_to_a_spent_limit_by_keys_alone()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var browser = Browser.Open(gateway.Address);
        browser.Go("/");
        browser.TabTo("#key");
        browser.Press(GatewayHost.AdminKey + Key.Enter);
        browser.Shows("Three steps to a first answer");

        browser.Press("n");
        browser.TabTo("#key-name");
        browser.Press("by-keys");
        browser.TabTo("#amount-0");
        // The Tab key selects what a field holds: it is typed over.
        browser.Press("5k" + Key.Tab);
        browser.Shows("5,000 tokens a day, hard");
        browser.TabTo(".mud-dialog .gw-main");
        browser.Press(Key.Enter);
        browser.Find("#secret");

        browser.TabTo(".mud-dialog .gw-main");
        Assert.Equal("Try it in the playground", browser.Run("return document.activeElement.textContent.trim()"));
        browser.Press(Key.Enter);
        browser.TabTo("#message");
        browser.Press("Spent by keys" + Key.Enter);
        browser.Shows("Spent by keys", ".gw-said[data-done=true]");
        browser.TabTo(".gw-said a[href*='/console/requests/req_']");

        var row = (await browser.LatestRowAsync(gateway)).GetProperty("data")[0];
        browser.Shows($"{row.GetProperty("input_tokens").GetInt64() + row.GetProperty("output_tokens").GetInt64()} used", "#bars");
        browser.Press(Key.Enter);
        browser.Shows("Counted by");
        browser.Press("gk");
        browser.Shows("by-keys", "table");
        Assert.Empty(browser.Complaints());
    }
}
