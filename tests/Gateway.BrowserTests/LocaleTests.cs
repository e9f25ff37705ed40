using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Ledger;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Microsoft.Extensions.DependencyInjection;
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
        // The gateway's hours are UTC's, which begin at half past there.
        browser.Shows(time.AddMinutes(-time.Minute).ToOffset(there.Offset).ToString("HH:mm", CultureInfo.InvariantCulture), "main");

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

    [Fact]
    public async Task A_days_totals_agree_in_chart_table_file_and_api_where_days_begin_at_half_past()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false", "--Gateway:TimeZone=Asia/Kolkata"]);
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata");
        var midnight = new DateTimeOffset(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), zone).Date.AddDays(-2), zone.BaseUtcOffset).ToUniversalTime();
        await RecordAsync(gateway, (midnight.AddMinutes(-1), 1_000), (midnight, 20), (midnight.AddDays(1).AddMinutes(-1), 300), (midnight.AddDays(1), 4));
        var byApi = await DaysByApiAsync(gateway);
        Assert.Equal([1_000, 320, 4], byApi.Values);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey, language: "de-DE");
        browser.MoveTo("Asia/Kolkata");

        browser.Go("/console/usage?measure=tokens");

        browser.Shows("1.324 tokens", "#total");
        var named = byApi.ToDictionary(day => browser.Run("return new Intl.DateTimeFormat('de-DE', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(arguments[0]))", day.Key) as string ?? "?", day => day.Value);
        Assert.Equal(named, Chart(browser).Where(row => row.Tokens > 0).ToDictionary(row => row.Label, row => row.Tokens));
        var day = Text(midnight.ToOffset(zone.BaseUtcOffset));
        Assert.Equal(Text(midnight.ToOffset(zone.BaseUtcOffset).AddDays(-4)), browser.Find("#from").GetDomProperty("value"));
        Assert.Equal(Text(midnight.ToOffset(zone.BaseUtcOffset).AddDays(2)), browser.Find("#to").GetDomProperty("value"));

        browser.Choose("#from", day);
        browser.Shows("· 324 tokens", "#total");
        browser.Choose("#to", day);
        browser.Shows("· 320 tokens", "#total");

        var hours = Chart(browser);
        Assert.Equal(24, hours.Count);
        Assert.Equal(("00:00", 20), hours[0]);
        Assert.Equal(("23:00", 300), hours[^1]);
        Assert.Equal(320, hours.Sum(row => row.Tokens));
        var file = browser.Run("const get = new XMLHttpRequest(); get.open('GET', document.querySelector('a[download]').href, false); get.send(); return get.responseText") as string ?? "";
        Assert.Contains($"\n{midnight:yyyy-MM-ddTHH:mm:ssZ},{midnight.AddDays(1):yyyy-MM-ddTHH:mm:ssZ},gpt-4o,gpt-4o,2,320,", file, StringComparison.Ordinal);
        Assert.Empty(browser.Complaints());
    }

    private static string Text(DateTimeOffset day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The chart's columns, as its table has them.</summary>
    private static List<(string Label, long Tokens)> Chart(Browser browser)
    {
        var rows = (IEnumerable<object>?)browser.Run("return [...document.querySelectorAll('main figure details tbody tr')].map(row => row.cells[0].textContent + '|' + row.cells[1].textContent)") ?? [];
        return [.. rows.Select(row => ((string)row).Split('|')).Select(cells => (cells[0].Trim(), long.Parse(cells[1].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)))];
    }

    private static async Task<SortedDictionary<string, long>> DaysByApiAsync(GatewayHost gateway)
    {
        var answer = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/usage?group_by=day", UriKind.Relative), Cancel));
        return new(answer.GetProperty("data").EnumerateArray().ToDictionary(day => day.GetProperty("day").GetString() ?? "", day => day.GetProperty("input_tokens").GetInt64()), StringComparer.Ordinal);
    }

    private static async Task RecordAsync(GatewayHost gateway, params (DateTimeOffset Time, long Tokens)[] calls)
    {
        var ledger = gateway.Services.GetRequiredService<LedgerWriter>();
        foreach (var (time, tokens) in calls)
        {
            Assert.True(ledger.TryReserve());
            ledger.Record(Rows.Completed(time) with { InputTokens = tokens, OutputTokens = 0, CachedTokens = 0 });
        }

        await Eventually.IsTrueAsync(() => ValueTask.FromResult(ledger.TakenSlots == 0), TimeSpan.FromSeconds(60), Cancel);
    }
}
