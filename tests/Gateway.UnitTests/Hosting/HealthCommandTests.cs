using Gateway.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class HealthCommandTests
{
    [Theory]
    [InlineData(null, null, "http://127.0.0.1:4000/")]
    [InlineData("urls", "http://0.0.0.0:4001", "http://127.0.0.1:4001/")]
    [InlineData("urls", "http://*:4002;https://*:4003", "http://127.0.0.1:4002/")]
    [InlineData("urls", "https://gateway.example.org:4003", "https://127.0.0.1:4003/")]
    [InlineData("urls", "http://[::]:4004", "http://[::1]:4004/")]
    [InlineData("urls", "http://10.1.2.3:4005", "http://10.1.2.3:4005/")]
    [InlineData("urls", "http://unix:/run/gateway.sock;http://localhost:4006", "http://127.0.0.1:4006/")]
    [InlineData("urls", "http://unix:/run/gateway.sock", null)]
    [InlineData("http_ports", "8080;8081", "http://127.0.0.1:8080/")]
    [InlineData("https_ports", "8443", "https://127.0.0.1:8443/")]
    [InlineData("Kestrel:Endpoints:Api:Url", "http://+:4007", "http://127.0.0.1:4007/")]
    public void It_asks_where_the_gateway_listens(string? setting, string? value, string? address) =>
        Assert.Equal(address, HealthCommand.AddressOf(new ConfigurationBuilder().AddInMemoryCollection(setting is null ? [] : [KeyValuePair.Create(setting, value)]).Build())?.ToString());
}
