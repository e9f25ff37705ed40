using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>Copying where browsers have no clipboard for pages: over plain HTTP from another host, as a gateway in a company's network is reached.</summary>
public sealed class CopyTests
{
    [Fact]
    public async Task Over_plain_http_a_secret_is_copied_and_the_focus_stays_where_it_was()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var browser = SignedInFromAfar(gateway);
        var secret = CreateKey(browser);

        browser.TabTo(".gw-secret button");
        browser.Press(Key.Enter);

        browser.Shows("Copied", ".gw-secret");
        Assert.Equal("Copied", browser.Run("return document.activeElement.textContent"));
        // Who has copied is not asked again.
        browser.Click("Done");
        browser.WaitFor(() => browser.Elements(".mud-dialog").Count == 0 ? "" : null, "the dialog to close");
        Assert.Equal(secret, Pasted(browser));
        // One header means nothing there, and browsers say so.
        Assert.All(browser.Complaints(), complaint => Assert.Contains("Cross-Origin-Opener-Policy header has been ignored", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_browser_refuses_to_copy_the_text_is_selected_for_the_reader_to_do_it()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var browser = SignedInFromAfar(gateway);
        var secret = CreateKey(browser);
        browser.Run("document.execCommand = () => false");

        browser.Find(".gw-secret button").Click();

        browser.Shows("Press Ctrl+C", ".gw-secret");
        browser.WaitFor(() => browser.Run("const a = document.activeElement; return a.value?.slice(a.selectionStart, a.selectionEnd)") as string == secret ? "" : null, "the secret to be selected");
        browser.Find(".gw-secret textarea").SendKeys(Key.Control + "c");
        browser.Click("Try it in the playground");
        browser.Find("#message");
        Assert.DoesNotContain(secret, browser.Source, StringComparison.Ordinal);
        Assert.Equal(secret, Pasted(browser));
    }

    [Fact]
    public async Task A_button_that_copied_says_so_of_that_text_alone()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var browser = SignedInFromAfar(gateway);

        browser.Go("/console/requests");
        browser.Click("Copy link");
        browser.Shows("Copied", "main");
        browser.Click("Live: on");
        browser.Shows("Live: off", "main");

        browser.Click("Copy link");
        browser.Shows("Copied", "main");
        Assert.EndsWith("/console/requests?live=0", Pasted(browser), StringComparison.Ordinal);
    }

    private static Browser SignedInFromAfar(GatewayHost gateway)
    {
        var browser = Browser.SignedIn(new UriBuilder(gateway.Address) { Host = Browser.OtherHost }.Uri, GatewayHost.AdminKey);
        Assert.Equal(false, browser.Run("return isSecureContext || 'clipboard' in navigator"));
        return browser;
    }

    private static string CreateKey(Browser browser)
    {
        browser.Go("/console/keys?new=1");
        browser.Fill("#key-name", "copied");
        browser.Click("Create key");
        return browser.Text("#secret");
    }

    /// <summary>What the clipboard holds, by the one way to read it there.</summary>
    private static string Pasted(Browser browser)
    {
        var search = browser.Find("#search");
        search.SendKeys(Key.Control + "v");
        return browser.WaitFor(() => search.GetDomProperty("value") is { Length: > 0 } value ? value : null, "something to be pasted");
    }
}
