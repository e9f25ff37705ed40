using System.Net.Http.Json;
using System.Text.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

public sealed class KeyPageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Removing_the_last_limit_really_removes_it_and_a_lower_one_warns()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "spender", limits = new[] { new { unit = "requests", per = "day", limit = 10 } } });
        for (var i = 0; i < 3; i++)
        {
            using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = "x" } } }, Cancel);
            answer.EnsureSuccessStatusCode();
        }

        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/keys");
        browser.Click("spender");
        browser.Shows("3 used");

        browser.Click("Edit limits");
        browser.Fill("#amount-0", "2" + Key.Tab);
        browser.Shows("Already used 3.");
        browser.Click("No limit");
        browser.Shows("This key can spend without bound.");
        browser.Click("Save");

        browser.Shows("Saved. In force on all instances within 1 second.");
        browser.Shows("No limit: this key can spend without bound.");
        Assert.Equal(0, (await OnlyKeyAsync(gateway)).GetProperty("limits").GetArrayLength());
    }

    [Fact]
    public async Task Revoking_asks_first_and_stops_the_key()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "old-demo" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/keys");
        browser.Click("old-demo");

        browser.Click("Revoke key");
        browser.Shows("This cannot be undone; its history stays.", ".mud-dialog");
        browser.Click("Cancel", ".mud-dialog");
        browser.WaitFor(() => browser.Elements(".mud-dialog").Count == 0 ? "" : null, "the dialog to close");
        Assert.Equal("active", (await OnlyKeyAsync(gateway)).GetProperty("status").GetString());
        browser.Click("Revoke key");
        browser.Click("Revoke key", ".mud-dialog");

        browser.Shows("Revoked. Calls with it stop within 1 second.");
        using var refused = await caller.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancel);
        Assert.Equal(401, (int)refused.StatusCode);
    }

    [Fact]
    public async Task Rotating_shows_the_new_secret_once_and_leaves_a_trail()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var old = await gateway.NewCallerAsync(new { name = "turner" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/keys");
        browser.Click("turner");

        browser.Click("Rotate");
        browser.Choose("#grace", "0");
        browser.Click("Rotate key", ".mud-dialog");
        var secret = browser.Text("#secret");
        browser.Click("Done", ".mud-dialog");
        browser.WaitFor(() => browser.Elements(".mud-dialog").Count == 0 ? "" : null, "the dialog to close");

        using var caller = gateway.Client(secret);
        using var answered = await caller.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancel);
        using var refused = await old.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancel);
        Assert.Equal((200, 401), ((int)answered.StatusCode, (int)refused.StatusCode));
        Assert.DoesNotContain(secret, browser.Source, StringComparison.Ordinal);
        browser.Click("in the audit log");
        browser.Shows("key rotated");
        browser.Shows("console from 127.0.0.1");
        browser.Shows("admin key from 127.0.0.1");
    }

    [Fact]
    public async Task A_search_is_in_the_address_and_survives_a_reload_and_the_way_back()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await gateway.NewKeyAsync(new { name = "a|b // c & d # ü +" });
        await gateway.NewKeyAsync(new { name = "other" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/keys");
        browser.Shows("other", "table");

        browser.Fill("input[type=search][data-key]", "b // c & d # ü +");
        browser.WaitFor(() => browser.Elements("a.gw-rowlink").Count == 1 ? "" : null, "one row");
        browser.Reload();
        browser.Shows("a|b // c & d # ü +", "table");
        Assert.Single(browser.Elements("a.gw-rowlink"));

        browser.Find("a.gw-rowlink").Click();
        browser.Shows("No limit: this key can spend without bound.");
        browser.Back();
        browser.Shows("a|b // c & d # ü +", "table");
        Assert.Single(browser.Elements("a.gw-rowlink"));
    }

    [Fact]
    public async Task Letters_go_places_but_not_while_typing()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await gateway.NewKeyAsync(new { name = "first" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Find(".gw-tiles");

        browser.Press("gk");
        browser.Shows("first", "table");
        browser.Press("n");
        browser.Find("#key-name").SendKeys("g n / ? name");
        Assert.Equal("g n / ? name", browser.Find("#key-name").GetAttribute("value"));
        Assert.EndsWith("/console/keys", browser.Url, StringComparison.Ordinal);
        browser.Click("Cancel", ".mud-dialog");
        browser.WaitFor(() => browser.Elements(".mud-dialog").Count == 0 ? "" : null, "the dialog to close");

        browser.Press("/");
        browser.WaitFor(() => browser.Run("return document.activeElement.id") as string == "search" ? "" : null, "the search to have the focus");
        browser.Press("first" + Key.Enter);
        browser.Shows("Latest requests");
    }

    [Fact]
    public async Task The_search_takes_the_id_of_an_answer()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "caller" });
        using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = "x" } } }, Cancel);
        var call = answer.Headers.GetValues("x-request-id").Single();
        var id = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(Cancel)).GetProperty("id").GetString();
        await gateway.RowAsync(call);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);

        browser.Find("#search").SendKeys(id + Key.Enter);

        browser.Shows("Counted by");
        Assert.EndsWith($"/console/requests/{call}", browser.Url, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> OnlyKeyAsync(GatewayHost gateway) =>
        JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/keys", UriKind.Relative), Cancel)).GetProperty("data")[0];
}
