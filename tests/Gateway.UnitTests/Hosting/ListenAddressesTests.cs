using Gateway.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class ListenAddressesTests
{
    [Theory]
    [InlineData("http://localhost:4000")]
    [InlineData("http://127.0.0.1:0;https://[::1]:4001/")]
    [InlineData("http://*:4000")]
    [InlineData("http://+:80")]
    [InlineData("http://unix:/run/gateway.sock")]
    [InlineData("")]
    public void What_kestrel_listens_on_is_accepted(string addresses)
    {
        Assert.Empty(ListenAddresses.Faults(Configuration(("Urls", addresses))));
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("4000")]
    [InlineData("localhost:4000")]
    [InlineData("ftp://localhost:4000")]
    [InlineData("http://localhost:port")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost:-1")]
    [InlineData("http://localhost:4000/base")]
    public void What_it_would_fail_on_or_take_for_another_address_is_a_line(string address)
    {
        var fault = Assert.Single(ListenAddresses.Faults(Configuration(("Urls", "http://localhost:4001;" + address))));

        Assert.StartsWith($"Urls = \"{address}\": ", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "http://localhost:4000")]
    [InlineData("urls", "", "http://localhost:4000")]
    [InlineData("urls", "http://0.0.0.0:5000", "http://0.0.0.0:5000")]
    [InlineData("http_ports", "8080", null)]
    [InlineData("Kestrel:Endpoints:Main:Url", "http://localhost:5000", null)]
    public void The_default_holds_where_nothing_else_is_said(string? name, string? value, string? expected)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(name is null ? [] : [new(name, value)]);

        ListenAddresses.SetDefault(builder);

        Assert.Equal(expected, builder.Configuration["urls"]);
    }

    private static IConfiguration Configuration(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value))).Build();
}
