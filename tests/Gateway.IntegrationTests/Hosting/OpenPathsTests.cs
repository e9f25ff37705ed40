using System.Net;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Hosting;

public sealed class OpenPathsTests
{
    [Theory]
    [InlineData("GET", "/health/live")]
    [InlineData("HEAD", "/health/live")]
    [InlineData("HEAD", "/health/ready")]
    [InlineData("HEAD", "/")]
    [InlineData("HEAD", "/api/hello")]
    public async Task What_asks_only_whether_anyone_is_there_needs_no_key(string method, string path)
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
