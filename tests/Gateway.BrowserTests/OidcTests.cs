using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>Signing in by a provider that is another site to the browser, which keeps a strict cookie back on the way from there.</summary>
public sealed class OidcTests
{
    [Fact]
    public async Task The_way_by_the_provider_ends_on_the_page_that_was_asked_for()
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        provider.Person["groups"] = "platform";
        using var browser = Browser.Open(gateway.Address);

        browser.Go("/console/keys?q=x%7Cy");
        browser.Click("Sign in with Example");
        browser.Find("main .gw-empty");

        Assert.EndsWith("/console/keys?q=x%7Cy", browser.Url, StringComparison.Ordinal);
        browser.Click("New key");
        browser.Fill("#key-name", "by Ana");
        browser.Click("Create key");
        browser.Find("#secret");
        browser.Go("/console/audit");
        browser.Shows("Ana from 127.0.0.1");
    }

    [Fact]
    public async Task Who_may_see_sees_no_button_that_changes_anything()
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        await gateway.NewKeyAsync(new { name = "there" });
        provider.Person["groups"] = "finance";
        using var browser = Browser.Open(gateway.Address);

        browser.Go("/console/keys");
        browser.Click("Sign in with Example");
        browser.Find("a.gw-rowlink").Click();
        browser.Find(".gw-facts");
        foreach (var action in (string[])["Edit limits", "Edit", "Rotate", "Revoke key", "New key"])
        {
            Assert.DoesNotContain(browser.Elements("main button, main a"), element => element.Text.Trim() == action);
        }

        browser.Go("/console/playground");
        browser.Shows("You can look but not spend.");
        browser.Go("/console/models");
        browser.Find("a.gw-rowlink");
        Assert.DoesNotContain(browser.Elements("main button"), element => element.Text.Trim() == "Test call");
    }
}
