using System.Text.Json;
using Gateway.Prompts;
using Xunit;

namespace Gateway.UnitTests.Prompts;

public sealed class RedactorTests
{
    private const string Jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

    [Theory]
    [InlineData("write to ann.lee+x@mail.example.co.uk, please", "write to [redacted:email], please")]
    [InlineData("<müller@bücher.example>", "<[redacted:email]>")]
    [InlineData("a@b and x@localhost stay", "a@b and x@localhost stay")]
    [InlineData("two: a@b.org;c@d.net", "two: [redacted:email];[redacted:email]")]
    [InlineData("a@b.org.", "[redacted:email].")]
    [InlineData("call +49 (171) 123-4567 now", "call [redacted:phone] now")]
    [InlineData("+1-202-555-0143", "[redacted:phone]")]
    [InlineData("(202) 555-0143 or 202.555.0143", "[redacted:phone] or [redacted:phone]")]
    [InlineData("0171 1234567, 06 12 34 56 78, 020 7946 0958", "[redacted:phone], [redacted:phone], [redacted:phone]")]
    [InlineData("0049 171 1234567", "[redacted:phone]")]
    [InlineData("on 2026-11-24 20:17 and 01-02-2026 at 12", "on 2026-11-24 20:17 and 01-02-2026 at 12")]
    [InlineData("192.168.100.123 took 1732490000 ms, 1,234,567 rows", "192.168.100.123 took 1732490000 ms, 1,234,567 rows")]
    [InlineData("card 4111 1111 1111 1111.", "card [redacted:card].")]
    [InlineData("4111-1111-1111-1111 12/27", "[redacted:card] 12/27")]
    [InlineData("378282246310005", "[redacted:card]")]
    [InlineData("4111 1111 1111 1112 fails Luhn", "4111 1111 1111 1112 fails Luhn")]
    [InlineData("1732490000000 is a time", "1732490000000 is a time")]
    [InlineData("to DE89 3704 0044 0532 0130 00 please", "to [redacted:iban] please")]
    [InlineData("GB82WEST12345698765432", "[redacted:iban]")]
    [InlineData("GB82WEST12345698765433", "GB82WEST12345698765433")]
    [InlineData("key sk-proj-abcDEF0123456789abcDEF!", "key [redacted:secret]!")]
    [InlineData("sk-gw-0123456789abcdefghijklmnopqrstuvwxyz", "[redacted:secret]")]
    [InlineData("AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefghij0123456789abcdef", "[redacted:secret] [redacted:secret]")]
    [InlineData("Authorization: Bearer abc123DEF456ghi789", "Authorization: [redacted:secret]")]
    [InlineData("bearer authentication is a task-force-with-many-words", "bearer authentication is a task-force-with-many-words")]
    [InlineData("token " + Jwt + " end", "token [redacted:secret] end")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend", "[redacted:secret]\nend")]
    [InlineData("the gateway's provider key is provider-credential-without-form", "the gateway's provider key is [redacted:secret]")]
    [InlineData("order ORD-123456", "order [redacted:order]")]
    public void What_must_not_be_kept_gives_way_to_its_name(string text, string expected) => Assert.Equal(expected, Create().Redact(text));

    [Theory]
    [InlineData("""{"content":"ann\u0040example.com"}""", """{"content":"[redacted:email]"}""")]
    [InlineData("""{"content":"line\nann@example.com\tend"}""", """{"content":"line[redacted:email]\tend"}""")]
    [InlineData("""{"content":"\u0061nn@example.com"}""", """{"content":"[redacted:email]"}""")]
    [InlineData("""{"arguments":"{\"to\":\"ann\\u0040example.com\"}"}""", """{"arguments":"{\"to\":\"[redacted:email]\"}"}""")]
    [InlineData("""{"a":"sk\u002dproj\u002dabcDEF0123456789abcDEF"}""", """{"a":"[redacted:secret]"}""")]
    [InlineData("""C:\temp\new has no escape that matters""", """C:\temp\new has no escape that matters""")]
    public void It_is_found_as_it_is_meant_and_JSON_stays_JSON(string text, string expected)
    {
        var redacted = Create().Redact(text);

        Assert.Equal(expected, redacted);
        if (text.StartsWith('{'))
        {
            JsonDocument.Parse(redacted).Dispose();
        }
    }

    [Fact]
    public void Only_the_kinds_that_are_set_are_taken_out_but_the_gateways_own_credentials_always()
    {
        var redactor = new Redactor(new PromptLogOptions { Redact = ["email"] }, ["provider-credential-without-form"]);

        Assert.Equal(
            "[redacted:email] 4111 1111 1111 1111 [redacted:secret]",
            redactor.Redact("ann@example.com 4111 1111 1111 1111 provider-credential-without-form"));
    }

    [Fact]
    public void A_credential_that_comes_later_is_taken_out_from_then_on()
    {
        IReadOnlyList<string> known = ["the-first-credential"];
        var redactor = new Redactor(new PromptLogOptions { Redact = ["none"] }, () => known);
        Assert.Equal("[redacted:secret] the-second-credential", redactor.Redact("the-first-credential the-second-credential"));

        known = ["the-first-credential", "the-second-credential"];

        Assert.Equal("[redacted:secret] [redacted:secret]", redactor.Redact("the-first-credential the-second-credential"));
        Assert.Equal("by [redacted:secret]", redactor.WithoutSecrets("by the-second-credential"));
    }

    [Fact]
    public void None_takes_nothing_out_but_the_gateways_own_credentials()
    {
        var redactor = new Redactor(new PromptLogOptions { Redact = ["none"] }, ["provider-credential-without-form"]);

        Assert.Equal("ann@example.com sk-proj-abcDEF0123456789abcDEF [redacted:secret]", redactor.Redact("ann@example.com sk-proj-abcDEF0123456789abcDEF provider-credential-without-form"));
    }

    [Fact]
    public void A_name_keeps_an_address_and_loses_a_key()
    {
        var redactor = Create();

        Assert.Equal("ann@example.com", redactor.WithoutSecrets("ann@example.com"));
        Assert.Equal("[redacted:secret]", redactor.WithoutSecrets("sk-gw-0123456789abcdefghijklmnopqrstuvwxyz"));
        Assert.Null(redactor.WithoutSecrets(null));
    }

    [Fact]
    public void Any_text_at_all_is_taken()
    {
        var redactor = Create();
        var random = new Random(7);
        const string Signs = "ab@.-+0123456789\\u004\"{}()/ sk-eyJ.DE89\n\ud83d\u00e9";
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(0, 60)).Select(_ => Signs[random.Next(Signs.Length)])]);
            Assert.NotNull(redactor.Redact(text));
        }
    }

    private static Redactor Create()
    {
        var options = new PromptLogOptions();
        options.RedactPatterns["order"] = "ORD-[0-9]{6}";
        return new Redactor(options, ["provider-credential-without-form", "none"]);
    }
}
