using Gateway.BrowserTests.Infrastructure;
using Gateway.Console.SignIn;
using Gateway.IntegrationTests.Deploy;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.BrowserTests;

/// <summary>The console of two replicas behind nginx as it is shipped, which sends each request where it likes.</summary>
public sealed class ReplicaTests
{
    [Fact]
    public async Task Whoever_signs_in_at_one_replica_works_on_at_any()
    {
        await using var first = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await using var second = await GatewayHost.StartBesideAsync(first, ["--Gateway:DiscoverProviders=false"]);
        await using var nginx = NginxServer.Start(first.Address, second.Address);
        await nginx.AnswersAsync();
        using var browser = Browser.SignedIn(nginx.Address, GatewayHost.AdminKey);
        var (atFirst, atSecond) = (0, 0);

        for (var i = 0; i < 20; i++)
        {
            browser.Go(i % 2 == 0 ? "/console/keys?q=x%7Cy" : "/console/requests?range=7d");
            browser.Find(".gw-empty");
            if (Consoles(first) > 0)
            {
                atFirst++;
            }
            else if (Consoles(second) > 0)
            {
                atSecond++;
            }
        }

        Assert.True(atFirst > 0 && atSecond > 0, $"{atFirst} pages were held by one replica, {atSecond} by the other.");
        browser.Go("/console/keys?new=1");
        browser.Fill("#key-name", "made behind nginx");
        browser.Click("Create key");
        browser.Find("#secret");
        Assert.Empty(browser.Complaints());
    }

    [Fact]
    public async Task What_is_typed_and_chosen_survives_the_replica_that_held_the_page()
    {
        await using var first = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        await first.NewKeyAsync(new { name = "chat" });
        var second = await GatewayHost.StartBesideAsync(first, ["--Gateway:DiscoverProviders=false"]);
        var isGone = false;
        try
        {
            await using var nginx = NginxServer.Start(first.Address, second.Address);
            await nginx.AnswersAsync();
            using var browser = Browser.SignedIn(nginx.Address, GatewayHost.AdminKey);
            for (var tries = 0; tries == 0 || Consoles(second) == 0; tries++)
            {
                Assert.True(tries < 40, "No page was held by the second replica.");
                browser.Go("/console/playground?model=echo");
                browser.Find("#message");
            }

            browser.Find("#message").SendKeys("half a sentence");
            browser.Run("window.before = true");
            isGone = true;
            await second.DisposeAsync();

            browser.WaitFor(() => browser.Run("return window.before === undefined ? 'new' : null") as string, "the page to load anew");
            browser.WaitFor(() => browser.Find("#message").GetAttribute("value") == "half a sentence" ? "" : null, "the draft to be back");
            Assert.EndsWith("/console/playground?model=echo", browser.Url, StringComparison.Ordinal);
            browser.Press(Key.Tab);
            browser.Click("Send");
            browser.Shows("half a sentence", ".gw-said[data-done=true]");
        }
        finally
        {
            if (!isGone)
            {
                await second.DisposeAsync();
            }
        }
    }

    private static int Consoles(GatewayHost gateway) => gateway.Services.GetRequiredService<ConsoleGate>().Open;
}
