using Gateway.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.UnitTests.Webhooks;

public sealed class WebhookSettingsTests
{
    private const string Url = "https://hooks.example.org/services/T0/secret-in-the-path?sig=secret-in-the-query";
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Theory]
    [InlineData(Url)]
    [InlineData("http://10.0.0.7:8080/alerts")]
    [InlineData("http://localhost:9000")]
    public void Public_and_private_receivers_are_fine(string url) => Assert.Empty(Faults(("Urls:0", url), ("Secret", Secret), ("Events:0", "limit.reached")));

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://2852039166/latest")]
    [InlineData("http://metadata.google.internal/?x=1")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("ftp://hooks.example.org/")]
    [InlineData("hooks.example.org")]
    [InlineData("https://user:secret@hooks.example.org/")]
    [InlineData("https://hooks.example.org/#secret")]
    [InlineData("http://0.0.0.0/")]
    public void An_address_that_is_none_or_never_called_is_refused_and_not_shown(string url)
    {
        var fault = Assert.Single(Faults(("Urls:0", "https://one.example.org"), ("Urls:1", url), ("Secret", Secret)));

        Assert.StartsWith("Gateway:Webhooks:Urls:1: ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(url, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("ApiKey", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_tooshort")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!!")]
    public void A_secret_is_needed_of_the_right_form_and_is_not_shown(string? secret)
    {
        var faults = Faults(("Urls:0", Url), ("Secret", secret));

        Assert.NotEmpty(faults);
        Assert.All(faults, fault => Assert.StartsWith("Gateway:Webhooks:Secret", fault, StringComparison.Ordinal));
        Assert.DoesNotContain(faults, fault => fault.Contains("MfKQ", StringComparison.Ordinal) || fault.Contains("tooshort", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Events:0", "limit.almost")]
    [InlineData("TimeoutSeconds", "0")]
    [InlineData("Attempts", "21")]
    [InlineData("QueueEvents", "9")]
    [InlineData("Url", "https://hooks.example.org")]
    public void What_is_not_accepted_is_named(string setting, string value) => Assert.NotEmpty(Faults((setting, value)));

    private static IReadOnlyList<string> Faults(params (string Name, string? Value)[] settings) =>
        SettingsCheck.Check(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Gateway:Webhooks:{setting.Name}", setting.Value))).Build());
}
