using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Hosting;

/// <summary>What every call of the admin API refuses, whichever it is.</summary>
public sealed class AdminSurfaceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_call_is_answered_without_the_key()
    {
        await using var gateway = await StartAsync();
        using var stranger = new HttpClient { BaseAddress = gateway.Address };

        foreach (var (method, path) in await CallsAsync(gateway))
        {
            Assert.Equal((method, path, HttpStatusCode.Unauthorized), (method, path, (await SendAsync(stranger, method, path, "{}")).Status));
        }
    }

    [Fact]
    public async Task A_query_parameter_that_is_not_known_is_named()
    {
        await using var gateway = await StartAsync();

        foreach (var (method, path) in await CallsAsync(gateway))
        {
            var (status, answer) = await SendAsync(gateway.Admin, method, $"{path}?no_such_thing=1", "{}");
            Assert.Equal((method, path, HttpStatusCode.BadRequest, "unknown_field", "no_such_thing"), (method, path, status, Error(answer, "code"), Error(answer, "param")));
        }
    }

    [Fact]
    public async Task A_field_that_is_not_known_is_named()
    {
        await using var gateway = await StartAsync();

        foreach (var (method, path) in (await CallsAsync(gateway)).Where(call => call.Method is "POST" or "PATCH" or "PUT"))
        {
            var (status, answer) = await SendAsync(gateway.Admin, method, path, """{"no_such_thing":1}""");
            Assert.Equal((method, path, HttpStatusCode.BadRequest, "unknown_field", "no_such_thing"), (method, path, status, Error(answer, "code"), Error(answer, "param")));
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/jsonp")]
    public async Task A_body_that_another_sites_page_could_send_is_not_taken_for_json(string type)
    {
        await using var gateway = await StartAsync();

        foreach (var (method, path) in (await CallsAsync(gateway)).Where(call => call.Method is "POST" or "PATCH" or "PUT"))
        {
            var (status, answer) = await SendAsync(gateway.Admin, method, path, """{"name":"x"}""", type);
            Assert.Equal((method, path, HttpStatusCode.UnsupportedMediaType, "unsupported_media_type"), (method, path, status, Error(answer, "code")));
        }
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/merge-patch+json")]
    [InlineData(null)]
    public async Task Json_is_taken_whatever_its_dialect(string? type)
    {
        await using var gateway = await StartAsync();

        Assert.Equal(HttpStatusCode.Created, (await SendAsync(gateway.Admin, "POST", "/admin/keys", """{"name":"x"}""", type)).Status);
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);

    /// <summary>Every call there is, on a key and a team that exist.</summary>
    private static async Task<IReadOnlyList<(string Method, string Path)>> CallsAsync(GatewayHost gateway)
    {
        var (_, key) = await SendAsync(gateway.Admin, "POST", "/admin/keys", """{"name":"k"}""");
        var (_, team) = await SendAsync(gateway.Admin, "POST", "/admin/teams", """{"name":"t"}""");
        var calls = from endpoint in gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                    let path = "/" + endpoint.RoutePattern.RawText?.TrimStart('/')
                    where path.StartsWith("/admin/", StringComparison.Ordinal)
                    from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
                    let id = path.StartsWith("/admin/teams", StringComparison.Ordinal) ? team.GetProperty("id").GetString() : key.GetProperty("id").GetString()
                    select (method, path.Replace("{id}", id, StringComparison.Ordinal));
        return calls.ToList();
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpClient client, string method, string path, string body, string? type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (method is not ("GET" or "DELETE"))
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        }

        using var response = await client.SendAsync(request, Cancel);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)));
    }

    private static string? Error(JsonElement answer, string field) => answer.TryGetProperty("error", out var error) ? error.GetProperty(field).GetString() : null;
}
