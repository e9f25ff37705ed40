using System.Net.Http.Json;
using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

public sealed class TestCallTests
{
    [Fact]
    public async Task A_test_call_says_how_the_model_is_in_the_providers_words()
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"The tank is empty","type":"server_error","code":"empty"}}""", 500);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await gateway.NewKeyAsync(new { name = "tester" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/models");

        browser.Find("[aria-label='Test call to echo']").Click();
        browser.Shows("OK in", "main");
        browser.Find("[aria-label='Test call to gpt-4o']").Click();
        browser.Shows("The tank is empty", "main");

        var sent = upstream.Calls.Last(call => call.RequestLine.StartsWith("POST", StringComparison.Ordinal));
        Assert.Contains("\"max_completion_tokens\":16", sent.BodyText, StringComparison.Ordinal);
        Assert.Empty(browser.AxeFindings());
    }

    [Fact]
    public async Task Home_tells_how_long_calls_wait_and_what_of_it_is_the_gateways()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var caller = await gateway.NewCallerAsync(new { name = "caller" });
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Shows("no calls here since you look");

        using var answer = await caller.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = "x" } } }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();

        browser.Shows("in this gateway, ");
        browser.Find("figure[aria-label='First byte by hour'] path");
        Assert.Empty(browser.Complaints());
    }
}
