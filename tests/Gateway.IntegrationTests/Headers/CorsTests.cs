using System.Net;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Headers;

/// <summary>Web pages of the configured origins may call the API; nobody else, nothing else, and never with cookies.</summary>
public sealed class CorsTests
{
    private const string Page = "https://chat.example.org";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_preflight_needs_no_key()
    {
        await using var gateway = await GatewayHost.StartAsync([$"--Gateway:CorsOrigins:0={Page}"]);

        using var response = await SendAsync(gateway, HttpMethod.Options, "/v1/chat/completions", Page, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,x-stainless-os"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(Page, Header(response, "access-control-allow-origin"));
        Assert.Contains("POST", Header(response, "access-control-allow-methods"), StringComparison.Ordinal);
        Assert.Equal("authorization,x-stainless-os", Header(response, "access-control-allow-headers"));
        Assert.Equal("Origin", Header(response, "vary"));
        Assert.False(response.Headers.Contains("access-control-allow-credentials"));
    }

    [Fact]
    public async Task Answers_and_errors_can_be_read_by_the_page_with_the_headers_that_help_it()
    {
        await using var gateway = await GatewayHost.StartAsync(["--Gateway:CorsOrigins:0=*"]);

        using var response = await SendAsync(gateway, HttpMethod.Get, "/v1/models", Page);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("*", Header(response, "access-control-allow-origin"));
        foreach (var name in new[] { "x-request-id", "retry-after", "x-ratelimit-remaining-tokens" })
        {
            Assert.Contains(name, Header(response, "access-control-expose-headers"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://evil.example.org", "/v1/models")]
    [InlineData("https://chat.example.org.evil.org", "/v1/models")]
    [InlineData("null", "/v1/models")]
    [InlineData(Page, "/admin/keys")]
    [InlineData(Page, "/metrics")]
    public async Task Other_pages_and_the_admins_paths_stay_closed(string origin, string path)
    {
        await using var gateway = await GatewayHost.StartAsync([$"--Gateway:CorsOrigins:0={Page}"]);

        using var preflight = await SendAsync(gateway, HttpMethod.Options, path, origin, ("access-control-request-method", "GET"));
        using var response = await SendAsync(gateway, HttpMethod.Get, path, origin);

        Assert.False(preflight.Headers.Contains("access-control-allow-origin"));
        Assert.False(response.Headers.Contains("access-control-allow-origin"));
    }

    [Fact]
    public async Task Without_the_setting_there_are_no_such_headers()
    {
        await using var gateway = await GatewayHost.StartAsync([]);

        using var response = await SendAsync(gateway, HttpMethod.Options, "/v1/models", Page, ("access-control-request-method", "GET"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.False(response.Headers.Contains("access-control-allow-origin"));
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));

    private static async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, HttpMethod method, string path, string origin, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers.Append(("origin", origin)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await client.SendAsync(request, Cancel);
    }
}
