using Gateway.Console;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class ConsoleCheckTests
{
    [Fact]
    public void Nothing_set_is_no_fault() => Assert.Empty(ConsoleCheck.Faults(new ConsoleOptions()));

    [Theory]
    [InlineData("https://login.example.org/realms/staff")]
    [InlineData("http://localhost:8080")]
    [InlineData("http://127.0.0.1:8080/")]
    public void A_provider_behind_tls_or_on_this_machine_is_accepted(string authority) => Assert.Empty(ConsoleCheck.Faults(Options(authority)));

    [Theory]
    [InlineData("http://login.example.org")]
    [InlineData("login.example.org")]
    [InlineData("ftp://localhost")]
    [InlineData("https://user@login.example.org")]
    [InlineData("https://login.example.org/?x=1")]
    public void Any_other_address_is_a_fault(string authority) =>
        Assert.StartsWith("Gateway:Console:Oidc:Authority: ", Assert.Single(ConsoleCheck.Faults(Options(authority))), StringComparison.Ordinal);

    [Fact]
    public void Whoever_may_sign_in_must_be_named_and_not_everybody_may_change_things()
    {
        var nobody = Options("https://login.example.org");
        nobody.Oidc.MayChange.Clear();
        Assert.Contains("name nobody", Assert.Single(ConsoleCheck.Faults(nobody)), StringComparison.Ordinal);

        var everybody = Options("https://login.example.org");
        everybody.Oidc.MayChange.Add("*");
        Assert.StartsWith("Gateway:Console:Oidc:MayChange: *", Assert.Single(ConsoleCheck.Faults(everybody)), StringComparison.Ordinal);

        var blank = Options("https://login.example.org");
        blank.Oidc.MaySee.Add(" ");
        Assert.Single(ConsoleCheck.Faults(blank));
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        var half = new ConsoleOptions { Oidc = { ClientId = "gateway" } };
        Assert.StartsWith("Gateway:Console:Oidc:Authority is missing", Assert.Single(ConsoleCheck.Faults(half)), StringComparison.Ordinal);

        var other = Options("https://login.example.org");
        other.Oidc.ClientId = null;
        Assert.StartsWith("Gateway:Console:Oidc:ClientId is missing", Assert.Single(ConsoleCheck.Faults(other)), StringComparison.Ordinal);
    }

    private static ConsoleOptions Options(string authority) => new() { Oidc = { Authority = authority, ClientId = "gateway", MayChange = { "platform" } } };
}
