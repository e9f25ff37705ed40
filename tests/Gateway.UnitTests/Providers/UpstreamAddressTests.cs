using System.Net;
using Gateway.Providers;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class UpstreamAddressTests
{
    [Theory]
    [InlineData("http://169.254.169.254/v1")]
    [InlineData("http://169.254.0.1/v1")]
    [InlineData("http://169.254.169.254./v1")]
    [InlineData("http://2852039166/v1")]
    [InlineData("http://0xA9FEA9FE/v1")]
    [InlineData("http://0xa9.0xfe.0xa9.0xfe/v1")]
    [InlineData("http://0251.0376.0251.0376/v1")]
    [InlineData("http://169.254.43518/v1")]
    [InlineData("http://[::ffff:169.254.169.254]/v1")]
    [InlineData("http://[::ffff:a9fe:a9fe]/v1")]
    [InlineData("http://[::169.254.169.254]/v1")]
    [InlineData("http://[64:ff9b::169.254.169.254]/v1")]
    [InlineData("http://[2002:a9fe:a9fe::]/v1")]
    [InlineData("http://[fe80::1]/v1")]
    [InlineData("http://[fe80::1%25eth0]/v1")]
    [InlineData("http://[fd00:ec2::254]/v1")]
    [InlineData("http://metadata.google.internal/v1")]
    [InlineData("http://METADATA.google.internal./v1")]
    [InlineData("http://metadata/v1")]
    [InlineData("http://１６９.254.169.254/v1")]
    [InlineData("http://100.100.100.200/v1")]
    [InlineData("http://168.63.129.16/v1")]
    [InlineData("http://[fd00:ec2::23]/v1")]
    [InlineData("http://[fd20:ce::254]/v1")]
    [InlineData("http://[64:ff9b:1::a9fe:a9fe]/v1")]
    [InlineData("http://[::ffff:0:169.254.169.254]/v1")]
    [InlineData("http://0.0.0.0:8000/v1")]
    [InlineData("http://0/v1")]
    [InlineData("http://0.1.2.3/v1")]
    [InlineData("http://[::]:8000/v1")]
    [InlineData("http://[::ffff:0.0.0.0]/v1")]
    public void Link_local_and_metadata_hosts_are_refused_in_every_spelling(string address) =>
        Assert.NotNull(UpstreamAddress.Fault(address, out _));

    [Fact]
    public void An_address_to_listen_on_is_told_apart() => Assert.Contains("127.0.0.1", UpstreamAddress.Fault("http://0.0.0.0:8000/v1", out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://api.openai.com/v1")]
    [InlineData("http://localhost:11434/v1")]
    [InlineData("http://127.0.0.1:8000/v1/")]
    [InlineData("http://10.1.2.3/v1")]
    [InlineData("http://192.168.0.1/v1")]
    [InlineData("http://[::1]:8080/v1")]
    [InlineData("http://[fd12:3456::1]/v1")]
    [InlineData("https://169-254.example/v1")]
    public void Public_private_and_local_hosts_are_accepted(string address) => Assert.Null(UpstreamAddress.Fault(address, out _));

    [Theory]
    [InlineData("169.253.255.255", false)]
    [InlineData("169.254.0.0", true)]
    [InlineData("169.254.255.255", true)]
    [InlineData("169.255.0.0", false)]
    [InlineData("fe7f::1", false)]
    [InlineData("fe80::", true)]
    [InlineData("febf:ffff::1", true)]
    [InlineData("::1", false)]
    [InlineData("::", true)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("0.255.255.255", true)]
    [InlineData("1.0.0.0", false)]
    [InlineData("fd00:ec1:ffff::", false)]
    [InlineData("fd00:ec2:ffff::1", true)]
    [InlineData("fd00:ec3::", false)]
    public void The_forbidden_ranges_end_where_they_end(string address, bool forbidden) =>
        Assert.Equal(forbidden, UpstreamAddress.IsForbidden(IPAddress.Parse(address)));
}
