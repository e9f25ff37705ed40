using System.Globalization;
using System.Net.Http.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>Numbers and times as the reader's browser writes them, whatever the server's are.</summary>
public sealed class LocaleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_German_reader_in_India_sees_and_types_their_own_numbers_and_times()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "deutsch", limits = new[] { new { unit = "tokens", per = "day", limit = 1_234_567 } } });
        using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = "Hallo" } } }, Cancel);
        answer.EnsureSuccessStatusCode();
        var row = await gateway.RowAsync(answer.Headers.GetValues("x-request-id").Single());
        var time = row.GetProperty("time").GetDateTimeOffset();
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey, language: "de-DE");
        browser.MoveTo("Asia/Kolkata");
        var there = time.ToOffset(TimeSpan.FromMinutes(330));
        // Browsers have two names for it.
        var zone = (string?)browser.Run("return Intl.DateTimeFormat().resolvedOptions().timeZone") ?? "?";
        Assert.StartsWith("Asia/", zone, StringComparison.Ordinal);

        browser.Go("/console/requests");
        browser.Shows(there.ToString("HH:mm:ss", CultureInfo.InvariantCulture), "table");
        browser.Find("a.gw-rowlink").Click();
        browser.Shows(zone, "main");
        browser.Shows(there.ToString("HH:mm:ss", CultureInfo.InvariantCulture), "main");
        // Their names of the days and months, in their order: "Mo., 30. Nov. 2026, 14:03:22".
        var full = (string?)browser.Run("return new Intl.DateTimeFormat('de-DE', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(arguments[0]))", time.ToUnixTimeMilliseconds()) ?? "?";
        browser.Shows(full, "main");

        browser.Go("/console/usage?range=24h&measure=tokens");
        browser.Shows(zone, "main");
        browser.Shows(there.ToString("HH", CultureInfo.InvariantCulture) + ":30", "main");

        browser.Go("/console/keys");
        browser.Shows("1.234.567 tokens", "table");
        browser.Find("a.gw-rowlink").Click();
        browser.Click("Edit limits");
        browser.WaitFor(() => browser.Find("#amount-0").GetAttribute("value") == "1.234.567" ? "" : null, "the amount in German");
        browser.Fill("#amount-0", "2,5M" + Key.Tab);
        browser.Shows("2.500.000 tokens a day", ".mud-dialog");
        browser.Fill("#amount-0", "100.000" + Key.Tab);
        browser.Shows("100.000 tokens a day", ".mud-dialog");

        browser.Go("/console/requests");
        browser.Click("Local");
        browser.Shows(time.ToString("HH:mm:ss", CultureInfo.InvariantCulture), "table");
    }

    [Fact]
    public async Task An_American_reader_sees_hours_of_a_half_day()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "english" });
        using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = "Hello" } } }, Cancel);
        var time = (await gateway.RowAsync(answer.Headers.GetValues("x-request-id").Single())).GetProperty("time").GetDateTimeOffset();
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.MoveTo("America/New_York");

        browser.Go("/console/requests");

        var shown = (string?)browser.Run("return new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit', second: '2-digit', timeZone: 'America/New_York' }).format(new Date(arguments[0]))", time.ToUnixTimeMilliseconds()) ?? "?";
        browser.Shows(shown, "table");
        Assert.Empty(browser.Complaints());
    }
}
