using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Console;

/// <summary>The console as a stranger's client sees it: what opens, what is refused, what the browser is told.</summary>
public sealed class ConsoleHttpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_admin_key_signs_in_and_signing_out_ends_it_on_the_server()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);

        using var away = await client.GetAsync(At("/console/keys?q=x"), Cancel);
        Assert.Equal((HttpStatusCode.Redirect, "/console/signin?return=%2Fconsole%2Fkeys%3Fq%3Dx"), (away.StatusCode, away.Headers.Location?.OriginalString));

        var cookie = await SignInAsync(client, "/console/keys?q=x", "/console/keys?q=x");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/console/keys", cookie));
        using var gone = await PostAsync(client, "/console/signout", cookie);
        Assert.Equal(HttpStatusCode.SeeOther, gone.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(client, "/console/keys", cookie));
    }

    [Fact]
    public async Task The_cookie_is_for_this_site_alone_and_holds_no_key()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);

        using var plain = await PostAsync(client, "/console/signin", null, Form(GatewayHost.AdminKey));
        using var secure = await PostAsync(client, "/console/signin", null, Form(GatewayHost.AdminKey), ("X-Forwarded-Proto", "https"));

        var set = Assert.Single(plain.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", set, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", set, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", set, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(GatewayHost.AdminKey, set, StringComparison.Ordinal);
        Assert.Contains("secure", Assert.Single(secure.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Five_wrong_keys_lock_the_address_out_here_and_at_the_admin_api()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);

        for (var i = 1; i <= 5; i++)
        {
            using var wrong = await PostAsync(client, "/console/signin", null, Form("wrong"));
            Assert.Equal(i < 5 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests, wrong.StatusCode);
        }

        using var right = await PostAsync(client, "/console/signin", null, Form(GatewayHost.AdminKey));
        Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
        Assert.Contains("Too many tries from this address.", await right.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        using var api = await gateway.Admin.GetAsync(At("/admin/keys"), Cancel);
        Assert.Equal(HttpStatusCode.TooManyRequests, api.StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Another_sites_page_posts_nothing_and_opens_no_circuit(string header, string value)
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);
        var cookie = await SignInAsync(client);

        using var form = await PostAsync(client, "/console/signin", null, Form(GatewayHost.AdminKey), (header, value));
        Assert.Equal(HttpStatusCode.Forbidden, form.StatusCode);
        Assert.False(form.Headers.Contains("Set-Cookie"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/_blazor", cookie, (header, value)));
        using var signOut = await PostAsync(client, "/console/signout", cookie, null, (header, value));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/console/keys", cookie));
    }

    [Fact]
    public async Task A_link_from_elsewhere_is_followed_once_more_from_here()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);

        using var request = new HttpRequestMessage(HttpMethod.Get, At("/console/requests?q=%22%3E%3Cscript%3E"));
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Headers.Add("Sec-Fetch-Mode", "navigate");
        using var answer = await client.SendAsync(request, Cancel);
        var page = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("http-equiv=\"refresh\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task Signing_in_leads_nowhere_else(string target)
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);

        await SignInAsync(client, target, "/");
    }

    [Theory]
    [InlineData("/console/signin", false)]
    [InlineData("/", true)]
    [InlineData("/console/keys", true)]
    public async Task Every_page_has_the_policy(string path, bool signedIn)
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);
        var cookie = signedIn ? await SignInAsync(client) : null;
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        request.Headers.Add("Cookie", cookie ?? "none=1");
        using var page = await client.SendAsync(request, Cancel);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        var html = await page.Content.ReadAsStringAsync(Cancel);

        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(page.Headers.GetValues("Referrer-Policy")));
        Assert.DoesNotMatch("<script(?![^>]*src=)", html);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", html);
    }

    [Fact]
    public async Task What_belongs_to_the_api_stays_with_it()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);
        var cookie = await SignInAsync(client);

        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, At("/")), Cancel);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/models", cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/v1/models", cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/admin/keys", cookie));
        using var unknown = await client.GetAsync(At("/nothing"), Cancel);
        Assert.Equal((HttpStatusCode.NotFound, "application/json"), (unknown.StatusCode, unknown.Content.Headers.ContentType?.MediaType));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(client, "/console/nothing", cookie));
    }

    [Fact]
    public async Task The_files_are_there_packed_and_for_good()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);
        var html = await client.GetStringAsync(At("/console/signin"), Cancel);
        var style = System.Text.RegularExpressions.Regex.Match(html, "/console/assets/[^\"]*console.css").Value;

        foreach (var name in (string[])["console.css", "console.js", "theme.js", "signin.js", "icon.svg", "blazor.web.js", "MudBlazor.min.css", "MudBlazor.min.js"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, At(style.Replace("console.css", name, StringComparison.Ordinal)));
            request.Headers.Add("Accept-Encoding", "gzip");
            using var file = await client.SendAsync(request, Cancel);
            Assert.Equal((name, HttpStatusCode.OK), (name, file.StatusCode));
            Assert.Equal("gzip", Assert.Single(file.Content.Headers.ContentEncoding));
            Assert.Contains("immutable", file.Headers.CacheControl?.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(client, "/console/assets/x/other.js", null));
    }

    [Fact]
    public async Task Two_replicas_on_one_database_share_sessions_and_protection()
    {
        await using var first = await StartAsync();
        await using var second = await GatewayHost.StartBesideAsync(first, ["--Gateway:DiscoverProviders=false"]);
        using var one = Browserlike(first.Address);
        using var two = Browserlike(second.Address);

        var cookie = await SignInAsync(one);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(two, "/console/keys", cookie));
        using var gone = await PostAsync(two, "/console/signout", cookie);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(one, "/console/keys", cookie));
    }

    [Fact]
    public async Task A_gateway_whose_console_nobody_opens_makes_no_protection_keys()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);

        Assert.Equal(0, await ProtectionKeysAsync(gateway));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/console/keys", await SignInAsync(client)));
        Assert.Equal(1, await ProtectionKeysAsync(gateway));
    }

    [Fact]
    public async Task Requests_come_as_a_file_with_the_lists_filter_and_no_formulas()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);
        using var caller = await gateway.NewCallerAsync(new { name = "=1+1" });
        using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", user = "@a,\"b", messages = new[] { new { role = "user", content = "x" } } }, Cancel);
        using var other = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "nothing-such", messages = new[] { new { role = "user", content = "x" } } }, Cancel);
        foreach (var call in (HttpResponseMessage[])[answer, other])
        {
            await gateway.RowAsync(call.Headers.GetValues("x-request-id").Single());
        }

        var cookie = await SignInAsync(client);
        var all = await TextAsync(client, "/console/export/requests.csv", cookie);
        var refused = await TextAsync(client, "/console/export/requests.csv?outcome=rejected", cookie);

        Assert.Equal(3, all.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains(",'=1+1,", all, StringComparison.Ordinal);
        Assert.Contains(",\"'@a,\"\"b\",", all, StringComparison.Ordinal);
        Assert.Contains(",echo,", all, StringComparison.Ordinal);
        Assert.Equal(2, refused.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains(",nothing-such,", refused, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/console/export/requests.csv", null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/console/export/requests.csv", cookie, ("Sec-Fetch-Site", "cross-site")));
    }

    [Fact]
    public async Task Only_so_many_consoles_are_open_at_once()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false", "--Gateway:Console:MaxOpen=1"]);
        using var client = Browserlike(gateway.Address);
        var cookie = await SignInAsync(client);
        using var first = await OpenAsync(gateway, cookie);

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(gateway, cookie));
        Assert.Contains("503", refused.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(client, "/console/keys", cookie));

        first.Abort();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await StatusAsync(client, "/console/keys", cookie) != HttpStatusCode.OK)
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    [Fact]
    public async Task Circuits_come_by_websocket_alone()
    {
        await using var gateway = await StartAsync();
        using var client = Browserlike(gateway.Address);
        var cookie = await SignInAsync(client);

        using var negotiation = await PostAsync(client, "/_blazor/negotiate?negotiateVersion=1", cookie);
        Assert.Equal(HttpStatusCode.BadRequest, negotiation.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(client, "/_blazor", cookie));
    }

    private static async Task<ClientWebSocket> OpenAsync(GatewayHost gateway, string cookie)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        socket.Options.SetRequestHeader("Origin", gateway.Address.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}/_blazor"), Cancel);
        return socket;
    }

    private static async Task<string> TextAsync(HttpClient client, string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        request.Headers.Add("Cookie", cookie);
        using var response = await client.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task<int> ProtectionKeysAsync(GatewayHost gateway)
    {
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<GatewayDb>>().CreateDbContextAsync(Cancel);
        return await db.ProtectionKeys.CountAsync(Cancel);
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);

    private static Uri At(string path) => new(path, UriKind.Relative);

    private static HttpClient Browserlike(Uri address) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };

    private static FormUrlEncodedContent Form(string key, string target = "/") => new([new("key", key), new("return", target)]);

    private static async Task<string> SignInAsync(HttpClient client, string target = "/", string leadsTo = "/")
    {
        using var answer = await PostAsync(client, "/console/signin", null, Form(GatewayHost.AdminKey, target));
        Assert.Equal((HttpStatusCode.SeeOther, leadsTo), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        return Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string? cookie, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, At(path)) { Content = content };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await client.SendAsync(request, Cancel);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string? cookie, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await client.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
