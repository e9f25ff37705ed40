using System.Net;
using System.Text.RegularExpressions;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Console;

/// <summary>Signing in to the console by an OpenID provider: who gets in as what, and who does not.</summary>
public sealed partial class OidcSignInTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("groups", "platform", true)]
    [InlineData("groups", "finance", false)]
    [InlineData("email", "boss@EXAMPLE.org", true)]
    public async Task Whoever_the_settings_name_gets_in_with_their_rights(string claim, string value, bool mayChange)
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        provider.Person[claim] = claim == "groups" ? new[] { "everyone", value } : value;
        provider.Person["email_verified"] = true;
        using var browser = Browserlike(gateway);

        var (status, page) = await SignInAsync(browser, "/console/keys?q=x");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("content=\"0;url=/console/keys?q=x\"", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/console/keys?q=x"));
        var session = Assert.Single(await SessionsAsync(gateway));
        Assert.Equal((claim == "email" ? value : "Ana", mayChange), (session.Who, session.MayChange));
    }

    [Fact]
    public async Task A_session_opened_at_one_replica_holds_at_another_even_when_they_share_the_way_there()
    {
        await using var provider = await OidcServer.StartAsync();
        await using var first = await GatewayHost.StartAsync(provider.Settings);
        await using var second = await GatewayHost.StartBesideAsync(first, provider.Settings);
        provider.Person["groups"] = "platform";
        using var jar = Jar();
        using var one = new HttpClient(jar, disposeHandler: false) { BaseAddress = first.Address };

        // The first sends away, the second takes back: as behind a proxy that spreads requests.
        using var away = await one.GetAsync(At("/console/oidc/start"), Cancel);
        using var atProvider = await one.GetAsync(away.Headers.Location, Cancel);
        var back = atProvider.Headers.Location ?? throw new InvalidOperationException("Not sent back.");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(second.Address, back.PathAndQuery));
        request.Headers.Host = first.Address.Authority;
        using var entered = await one.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.OK, entered.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(one, "/console/keys"));
    }

    [Theory]
    [InlineData("groups", "everyone", true)]
    [InlineData("email", "boss@example.org", false)]
    [InlineData("name", "platform", true)]
    public async Task Whoever_the_settings_do_not_name_stays_out(string claim, string value, bool verified)
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        provider.Person[claim] = value;
        provider.Person["email_verified"] = verified;
        using var browser = Browserlike(gateway);

        var (status, page) = await SignInAsync(browser);

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("may not see this gateway", page, StringComparison.Ordinal);
        Assert.Empty(await SessionsAsync(gateway));
    }

    [Theory]
    [InlineData("nonce", "another")]
    [InlineData("aud", "another-client")]
    [InlineData("iss", "https://elsewhere.example")]
    [InlineData("exp", 1_000_000)]
    [InlineData("key", null)]
    public async Task A_token_that_is_not_the_providers_for_this_sign_in_opens_nothing(string lie, object? value)
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        provider.Person["groups"] = "platform";
        provider.SignsWithAnotherKey = value is null;
        if (value is not null)
        {
            provider.Lies[lie] = value;
        }

        using var browser = Browserlike(gateway);

        var (status, page) = await SignInAsync(browser);

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Contains("Signing in there did not work.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("IDX", page, StringComparison.Ordinal);
        Assert.Empty(await SessionsAsync(gateway));
    }

    [Fact]
    public async Task Anothers_way_back_opens_nothing_in_this_browser()
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        provider.Person["groups"] = "platform";
        using var attacker = Browserlike(gateway);
        using var victim = Browserlike(gateway);
        using var away = await attacker.GetAsync(At("/console/oidc/start"), Cancel);
        using var atProvider = await attacker.GetAsync(away.Headers.Location, Cancel);

        using var entered = await victim.GetAsync(atProvider.Headers.Location, Cancel);
        using var bare = await victim.GetAsync(At("/console/oidc/callback"), Cancel);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (entered.StatusCode, bare.StatusCode));
        Assert.Empty(await SessionsAsync(gateway));
    }

    [Fact]
    public async Task Behind_a_proxy_with_tls_the_provider_sends_back_to_https_and_cookies_are_secure()
    {
        await using var provider = await OidcServer.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(provider.Settings);
        using var browser = Browserlike(gateway);
        using var request = new HttpRequestMessage(HttpMethod.Get, At("/console/oidc/start"));
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Host = "gateway.example.org";

        using var away = await browser.SendAsync(request, Cancel);
        using var there = await browser.GetAsync(away.Headers.Location, Cancel);

        Assert.Equal("https://gateway.example.org/console/oidc/callback", provider.LastRedirect);
        Assert.All(away.Headers.GetValues("Set-Cookie"), cookie =>
        {
            Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task A_provider_that_is_away_leaves_the_admin_key()
    {
        var provider = await OidcServer.StartAsync();
        var settings = provider.Settings;
        await provider.DisposeAsync();
        await using var gateway = await GatewayHost.StartAsync(settings);
        using var browser = Browserlike(gateway);

        using var answer = await browser.GetAsync(At("/console/oidc/start"), Cancel);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("name=\"key\"", page, StringComparison.Ordinal);
        Assert.Contains("Sign in with Example", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_off_by_default()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);
        using var browser = Browserlike(gateway);

        Assert.DoesNotContain("oidc", await browser.GetStringAsync(At("/console/signin"), Cancel), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, "/console/oidc/callback"));
    }

    private static Uri At(string path) => new(path, UriKind.Relative);

    private static SocketsHttpHandler Jar() => new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };

    private static HttpClient Browserlike(GatewayHost gateway) => new(Jar()) { BaseAddress = gateway.Address };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient browser, string path)
    {
        using var response = await browser.GetAsync(At(path), Cancel);
        return response.StatusCode;
    }

    /// <summary>From the sign-in page's link by way of the provider to what the gateway says at the end.</summary>
    private static async Task<(HttpStatusCode Status, string Page)> SignInAsync(HttpClient browser, string target = "/")
    {
        var form = await browser.GetStringAsync(At($"/console/signin?return={Uri.EscapeDataString(target)}"), Cancel);
        using var away = await browser.GetAsync(At(WebUtility.HtmlDecode(Link().Match(form).Groups[1].Value)), Cancel);
        Assert.Equal(HttpStatusCode.Redirect, away.StatusCode);
        using var atProvider = await browser.GetAsync(away.Headers.Location, Cancel);
        Assert.Equal(HttpStatusCode.Redirect, atProvider.StatusCode);
        using var back = await browser.GetAsync(atProvider.Headers.Location, Cancel);
        return (back.StatusCode, await back.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<List<ConsoleSessionRow>> SessionsAsync(GatewayHost gateway)
    {
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<GatewayDb>>().CreateDbContextAsync(Cancel);
        return await db.ConsoleSessions.AsNoTracking().ToListAsync(Cancel);
    }

    [GeneratedRegex("href=\"(/console/oidc/start[^\"]*)\">Sign in with Example<")]
    private static partial Regex Link();
}
