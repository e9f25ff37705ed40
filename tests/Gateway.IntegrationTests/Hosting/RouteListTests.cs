using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Hosting;

/// <summary>Everything the gateway answers, and to whom: a route that opens by accident shows up here.</summary>
public sealed class RouteListTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "routes.txt");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_routes_are_those_of_the_list()
    {
        await using var gateway = await StartAsync();

        Assert.Equal(await File.ReadAllLinesAsync(Golden, Cancel), Routes(gateway).Select(route => $"{route.Method} {route.Path} {route.Auth}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_route_but_the_open_ones_answers_401_to_a_stranger_and_the_admin_key_opens_none_of_the_callers()
    {
        await using var gateway = await StartAsync();

        foreach (var (method, path, auth) in Routes(gateway))
        {
            var line = $"{(method == "ANY" ? "POST" : method)} {path.Replace("{id}", "x", StringComparison.Ordinal).Replace("{**id}", "x", StringComparison.Ordinal).Replace("{**path}", "x", StringComparison.Ordinal).Replace("{model}", "x", StringComparison.Ordinal)}";
            Assert.Equal((line, Expected(auth, method)), (line, await StatusAsync(gateway, line)));
            if (auth.StartsWith("caller's key", StringComparison.Ordinal))
            {
                Assert.Equal((line, 401), (line, await StatusAsync(gateway, line, $"Authorization: Bearer {GatewayHost.AdminKey}\r\n")));
            }
        }
    }

    [Fact]
    public async Task A_callers_key_opens_nothing_of_the_admins()
    {
        await using var gateway = await StartAsync();
        var key = await gateway.NewKeyAsync();

        foreach (var (method, path, _) in Routes(gateway).Where(route => route.Auth == "admin key"))
        {
            var line = $"{method} {path.Replace("{id}", "x", StringComparison.Ordinal)}";
            var status = await StatusAsync(gateway, line, $"Authorization: Bearer {key}\r\n");

            // Five wrong keys in a minute lock the address out.
            Assert.True(status is 401 or 429, $"{line}: {status}");
        }
    }

    /// <summary>What a stranger gets. The console's pages lead to its sign-in; that form without its field is refused, and signing out without a session ends nothing.</summary>
    private static int Expected(string auth, string method) => auth switch
    {
        "open" or "loopback or admin key" => 200,
        "open: console file" => 404,
        "open: asks for the admin key" => 400,
        "open: ends its own session" => 303,
        "console session" => method == "GET" ? 302 : 405,
        _ => 401,
    };

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);

    private static async Task<int> StatusAsync(GatewayHost gateway, string line, string headers = "")
    {
        await using var http = await RawHttp.ConnectAsync(gateway.Address.Port, Cancel);
        await http.SendAsync($"{line} HTTP/1.1\r\nHost: gateway\r\n{headers}Content-Length: 0\r\n\r\n");
        return (await http.ReadResponseAsync(toHead: true)).Status;
    }

    private static IEnumerable<(string Method, string Path, string Auth)> Routes(GatewayHost gateway) =>
        from endpoint in gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]
        let path = "/" + endpoint.RoutePattern.RawText?.TrimStart('/')
        select (method, path, AuthOf(endpoint, path));

    private static string AuthOf(RouteEndpoint endpoint, string path) =>
        path.StartsWith("/admin/", StringComparison.Ordinal) ? "admin key"
        : endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null ? "console session"
        : endpoint.DisplayName ?? "";
}
