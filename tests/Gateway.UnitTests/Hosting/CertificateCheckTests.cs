using Gateway.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class CertificateCheckTests
{
    [Theory]
    [InlineData("--urls=http://127.0.0.1:1;https://127.0.0.1:2", "Urls = \"https://127.0.0.1:2\" needs a certificate")]
    [InlineData("--https_ports=443", "https_ports = \"https://*:443\" needs a certificate")]
    [InlineData("--Kestrel:Endpoints:a:Url=https://127.0.0.1:2", "Kestrel:Endpoints:a:Url = \"https://127.0.0.1:2\" needs a certificate")]
    [InlineData("--Kestrel:Certificates:Default:Path=/nowhere.pem", "Kestrel:Certificates:Default:Path = \"/nowhere.pem\": a file that exists is accepted.")]
    [InlineData("--Kestrel:Endpoints:a:Certificate:KeyPath=/nowhere.pem", "Kestrel:Endpoints:a:Certificate:KeyPath = \"/nowhere.pem\": a file that exists is accepted.")]
    public void Https_without_a_certificate_is_one_line(string argument, string expected) =>
        Assert.StartsWith(expected, Assert.Single(CertificateCheck.Faults(Settings(argument), () => false)), StringComparison.Ordinal);

    [Theory]
    [InlineData("--urls=http://127.0.0.1:1")]
    [InlineData("--urls=https://127.0.0.1:2", "--Kestrel:Certificates:Default:Subject=localhost")]
    [InlineData("--Kestrel:Endpoints:a:Url=https://127.0.0.1:2", "--Kestrel:Endpoints:a:Certificate:Subject=localhost")]
    [InlineData("--urls=https://127.0.0.1:2", "--Kestrel:Endpoints:a:Url=http://127.0.0.1:2")]
    public void With_a_certificate_or_without_https_there_is_nothing_to_tell(params string[] args) =>
        Assert.Empty(CertificateCheck.Faults(Settings(args), () => false));

    [Fact]
    public void A_development_certificate_will_do() => Assert.Empty(CertificateCheck.Faults(Settings("--urls=https://127.0.0.1:2"), () => true));

    private static IConfigurationRoot Settings(params string[] args) => new ConfigurationBuilder().AddCommandLine(args).Build();
}
