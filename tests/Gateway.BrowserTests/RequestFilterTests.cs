using System.Net.Http.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

public sealed class RequestFilterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_filtered_by_user_provider_and_rating_and_the_address_says_so()
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"no","type":"server_error"}}""", 500);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "caller" });
        var good = await CallAsync(caller, "echo", "anna | b & c");
        var bad = await CallAsync(caller, "echo", "other");
        var failed = await CallAsync(caller, "gpt-4o", "anna | b & c");
        await RateAsync(caller, good, "up");
        await RateAsync(caller, bad, "down");
        await gateway.RowAsync(failed);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/requests");
        Only(browser, good, bad, failed);

        browser.Choose("select[aria-label=Rating]", "up");
        Only(browser, good);
        browser.Choose("select[aria-label=Rating]", "down");
        Only(browser, bad);
        browser.Choose("select[aria-label=Rating]", "");
        browser.Choose("select[aria-label=Provider]", "fake");
        Only(browser, failed);
        browser.Choose("select[aria-label=Provider]", "");
        browser.Find("input[aria-label=User]").SendKeys("anna | b & c" + Key.Tab);
        Only(browser, good, failed);

        browser.Reload();
        Only(browser, good, failed);
        browser.Choose("select[aria-label=Model]", "echo");
        Only(browser, good);
        browser.Find("a[data-row]").Click();
        browser.Shows("Counted by");
        browser.Back();
        Only(browser, good);
        browser.Back();
        Only(browser, good, failed);
        Assert.Empty(browser.Complaints());
    }

    [Fact]
    public async Task A_figure_of_usage_leads_to_its_calls()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "caller" });
        var wanted = await CallAsync(caller, "echo", "u & v");
        await gateway.RowAsync(await CallAsync(caller, "echo", "w"));
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/usage?group=user&measure=requests");

        browser.Click("u & v");

        Only(browser, wanted);
        browser.Go("/console/requests?from=yesterday&outcome=lost");
        browser.Shows("Ignored: from=yesterday, outcome=lost");
    }

    private static void Only(Browser browser, params IReadOnlyCollection<string> calls) => browser.WaitFor(
        () => browser.Elements("a[data-row]").Select(row => row.GetAttribute("href")?.Split('/', '?')[5]).ToHashSet().SetEquals(calls) ? "" : null, $"the rows {string.Join(", ", calls)}");

    private static async Task<string> CallAsync(HttpClient caller, string model, string user)
    {
        using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model, user, messages = new[] { new { role = "user", content = "x" } } }, Cancel);
        return answer.Headers.GetValues("x-request-id").Single();
    }

    private static async Task RateAsync(HttpClient caller, string call, string rating)
    {
        using var rated = await caller.PostAsJsonAsync("/v1/feedback", new { request_id = call, rating }, Cancel);
        rated.EnsureSuccessStatusCode();
    }
}
