using System.Text;
using Gateway.Hosting;
using Gateway.Ledger;
using Gateway.Providers;
using Gateway.Proxy;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class SettingsCheckTests
{
    private const string Secret = "sk-very-secret-upstream-credential-0123456789";

    [Fact]
    public void Nothing_configured_is_fine() => Assert.Empty(SettingsCheck.Check(Json("{}")));

    [Theory]
    [InlineData("""[]""", null)]
    [InlineData("""null""", null)]
    [InlineData("""["email"]""", "email")]
    [InlineData("""["none"]""", "none")]
    public void A_list_of_what_to_redact_replaces_the_default_one(string list, string? only)
    {
        IConfiguration configuration = Json($$$"""{ "Gateway": { "PromptLog": { "Redact": {{{list}}} } } }""");

        Assert.Empty(SettingsCheck.Check(configuration));
        Assert.Equal(only, SettingsCheck.Read<GatewayOptions>(configuration).PromptLog.Redact?.Single());
    }

    [Fact]
    public void Settings_that_use_everything_there_is_are_fine()
    {
        IConfiguration configuration = Json("""
            { "Gateway": {
              "DataDirectory": "data", "AdminKey": null, "EchoModel": false, "DiscoverProviders": false,
              "Database": { "Provider": "sqlite", "ConnectionString": null },
              "Redis": { "Configuration": null },
              "PromptLog": { "Enabled": true, "RetentionDays": 30, "Redact": [ "email", "phone", "card", "secret", "iban" ], "MaxBytesPerRecord": 65536,
                "RedactPatterns": { "order": "ORD-[0-9]{6}" }, "QueueRows": 100, "QueueBytes": 1048576 },
              "Metrics": { "Public": true }, "Ledger": { "QueueRows": 5000 },
              "MaxRequestBodyBytes": 1048576, "DrainSeconds": 0,
              "Timeouts": { "ConnectSeconds": 1, "FirstByteSeconds": 5, "IdleSeconds": 5 },
              "Providers": {
                "openai": { "Kind": "openai", "BaseUrl": "https://api.openai.com/v1", "ApiKey": "sk-x", "Auth": "none",
                  "Headers": { "x-key": "{key}" }, "Query": { "v": "1" }, "Endpoints": [ "chat/completions" ], "InjectUsage": false,
                  "UsagePath": "x_groq.usage", "StripFields": [ "metadata" ], "RewriteModel": false, "ModelsPath": "models", "HealthPath": "health" },
                "azure": { "Kind": "azure", "BaseUrl": "https://me.openai.azure.com", "ApiVersion": "2024-10-21", "ApiKeys": [ "k1", "k2" ] },
                "claude": { "Kind": "anthropic", "BaseUrl": "https://api.anthropic.com", "ApiKey": "sk-ant", "OutputCapField": "max_tokens", "ApiVersion": null },
                "empty": { "BaseUrl": "http://127.0.0.1:1", "Headers": {}, "Endpoints": [] } },
              "Models": [
                { "Name": "gpt-4o", "Targets": [ { "Provider": "openai", "Model": "gpt-4o-2024-11-20" } ], "MaxOutputTokens": 16384,
                  "Price": { "Input": 2.5, "CachedInput": 1.25, "Output": 1E1, "CacheWrite": 3, "PerImage": 0.04, "PerMinute": 0.006, "PerMillionCharacters": 15,
                    "Above": { "Tokens": 200000, "Input": 5, "CachedInput": 2.5, "Output": 20, "CacheWrite": 6 } } },
                { "Name": "*", "Targets": [ { "Provider": "OpenAI" } ] } ] } }
            """);

        Assert.Empty(SettingsCheck.Check(configuration));
    }

    [Theory]
    [InlineData("""{ "Timeouts": { "ConnectSeconds": "ten" } }""", "Gateway:Timeouts:ConnectSeconds = \"ten\": a whole number of seconds from 1 to 600 is accepted.")]
    [InlineData("""{ "Timeouts": { "ConnectSeconds": 0 } }""", "Gateway:Timeouts:ConnectSeconds = \"0\": a whole number of seconds from 1 to 600 is accepted.")]
    [InlineData("""{ "Timeouts": { "ConnectSeconds": 601 } }""", "Gateway:Timeouts:ConnectSeconds = \"601\": a whole number of seconds from 1 to 600 is accepted.")]
    [InlineData("""{ "Timeouts": { "ConnectSeconds": 1.5 } }""", "Gateway:Timeouts:ConnectSeconds = \"1.5\": a whole number of seconds from 1 to 600 is accepted.")]
    [InlineData("""{ "Models": [ { "Name": "a", "Targets": [ { "Provider": "p" } ], "Price": { "Input": -1 } } ], "Providers": { "p": { "BaseUrl": "http://127.0.0.1:1" } } }""", "Gateway:Models:0:Price:Input = \"-1\": a number from 0 to 1000000 is accepted.")]
    [InlineData("""{ "Models": [ { "Name": "a", "Targets": [ { "Provider": "p" } ], "Price": { "Output": "dear" } } ], "Providers": { "p": { "BaseUrl": "http://127.0.0.1:1" } } }""", "Gateway:Models:0:Price:Output = \"dear\": a number from 0 to 1000000 is accepted.")]
    [InlineData("""{ "Models": [ { "Name": "a", "Targets": [ { "Provider": "p" } ], "Price": { "Above": { "Input": 1 } } } ], "Providers": { "p": { "BaseUrl": "http://127.0.0.1:1" } } }""", "Gateway:Models:0:Price:Above:Tokens is missing; it must be set.")]
    [InlineData("""{ "Timeouts": 5 }""", "Gateway:Timeouts = \"5\": a section with ConnectSeconds, FirstByteSeconds, IdleSeconds is accepted.")]
    [InlineData("""{ "DrainSeconds": { "X": 1 } }""", "Gateway:DrainSeconds holds further settings: a whole number of seconds from 0 to 3600 is accepted.")]
    [InlineData("""{ "DrainSeconds": "" }""", "Gateway:DrainSeconds = \"\": a whole number of seconds from 0 to 3600 is accepted.")]
    [InlineData("""{ "DrainSeconds": "0x10" }""", "Gateway:DrainSeconds = \"0x10\": a whole number of seconds from 0 to 3600 is accepted.")]
    [InlineData("""{ "DrainSeconds": 99999999999 }""", "Gateway:DrainSeconds = \"99999999999\": a whole number of seconds from 0 to 3600 is accepted.")]
    [InlineData("""{ "MaxRequestBodyBytes": 12 }""", "Gateway:MaxRequestBodyBytes = \"12\": a whole number of bytes from 1024 to 1073741824 is accepted.")]
    [InlineData("""{ "Ledger": { "QueueRows": 1 } }""", "Gateway:Ledger:QueueRows = \"1\": a whole number of rows from 100 to 10000000 is accepted.")]
    [InlineData("""{ "EchoModel": "yes" }""", "Gateway:EchoModel = \"yes\": true or false is accepted.")]
    [InlineData("""{ "AdminKey": "short" }""", "Gateway:AdminKey: a text of at least 16 characters is accepted.")]
    [InlineData("""{ "AdminKey": "long enough but with spaces" }""", "Gateway:AdminKey: visible ASCII characters without spaces are accepted.")]
    [InlineData("""{ "Database": { "Provider": "postgresql" } }""", "Gateway:Database:Provider = \"postgresql\": \"sqlite\" or \"postgres\" is accepted.")]
    [InlineData("""{ "Database": { "Provider": "postgres" } }""", "Gateway:Database:ConnectionString is missing; with Gateway:Database:Provider = postgres it must be set.")]
    [InlineData("""{ "Database": { "ConnectionString": "Host=db" } }""", "Gateway:Database:ConnectionString is set, but Gateway:Database:Provider is sqlite, a file in the data directory; set it to postgres, or leave the connection string out.")]
    [InlineData("""{ "Redis": { "OnFailure": "ask" } }""", "Gateway:Redis:OnFailure = \"ask\": \"deny\" or \"allow\" is accepted.")]
    [InlineData("""{ "CorsOrigins": [ "https://a.example/" ] }""", "Gateway:CorsOrigins:0 = \"https://a.example/\": an origin such as https://chat.example.org is accepted, without a path, or *.")]
    [InlineData("""{ "ExtraPaths": { "/v1/rerank": "a" } }""", "Gateway:ExtraPaths:/v1/rerank = \"a\": a provider of Gateway:Providers is accepted.")]
    [InlineData("""{ "PromptLog": { "Redact": ["email", "names"] } }""", "Gateway:PromptLog:Redact: \"names\" is not known; accepted are email, phone, card, iban, secret, or none alone. Patterns of your own go to Gateway:PromptLog:RedactPatterns.")]
    [InlineData("""{ "PromptLog": { "RedactPatterns": { "order": "(?=x)" } } }""", "Gateway:PromptLog:RedactPatterns:order: a regular expression of .NET is accepted, of at most 2048 characters, without look-around, back-references and atomic groups.")]
    [InlineData("""{ "PromptLog": { "MaxBytesPerRecord": 10 } }""", "Gateway:PromptLog:MaxBytesPerRecord = \"10\": a whole number from 1024 to 16777216 is accepted.")]
    [InlineData("""{ "Models": "gpt" }""", "Gateway:Models = \"gpt\": a list is accepted.")]
    [InlineData("""{ "Models": [ "gpt" ] }""", "Gateway:Models:0 = \"gpt\": a section with Name, Targets, Balance, Fallbacks, MaxOutputTokens, Price is accepted.")]
    [InlineData("""{ "Providers": "gpt" }""", "Gateway:Providers = \"gpt\": a section of names and values is accepted.")]
    public void A_wrong_value_is_one_line_that_names_it_and_says_what_is_accepted(string gateway, string line) =>
        Assert.Equal([line], SettingsCheck.Check(Json($$"""{ "Gateway": {{gateway}} }""")));

    [Fact]
    public void A_misspelt_setting_is_told_with_the_one_that_was_meant()
    {
        string line = Assert.Single(SettingsCheck.Check(Json("""{ "Gateway": { "Timeouts": { "ConectSeconds": 3 } } }""")));

        Assert.Equal(
            "Gateway:Timeouts:ConectSeconds is not a setting. Did you mean ConnectSeconds? Accepted below Gateway:Timeouts: ConnectSeconds, FirstByteSeconds, IdleSeconds.",
            line);
    }

    [Theory]
    [InlineData("Gateway:Bananas")]
    [InlineData("Gateway:Metrics:Bananas")]
    [InlineData("Gateway:Providers:a:Bananas")]
    [InlineData("Gateway:Models:0:Bananas")]
    [InlineData("Gateway:Models:0:Targets:0:Bananas")]
    [InlineData("Gateway:Models:0:Targets:first:Provider")]
    public void An_unknown_setting_is_found_at_every_depth_and_in_every_source(string path)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddConfiguration(Json("""
                { "Gateway": { "Providers": { "a": { "BaseUrl": "http://127.0.0.1:1" } }, "Models": [ { "Name": "m", "Targets": [ { "Provider": "a" } ] } ] } }
                """))
            .AddCommandLine([$"--{path}=1"])
            .Build();

        string line = Assert.Single(SettingsCheck.Check(configuration));

        Assert.Contains("Bananas is not a setting.", line.Replace(":first is", ":Bananas is", StringComparison.Ordinal).Replace("setting:", "setting.", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_beside_the_section_are_none_of_its_business() =>
        Assert.Empty(SettingsCheck.Check(new ConfigurationBuilder().AddCommandLine(["--Gateway=10.0.0.1", "--Other:X=1", "--GATEWAY_PORT=tcp"]).Build()));

    [Fact]
    public void All_faults_come_at_once()
    {
        IReadOnlyList<string> lines = SettingsCheck.Check(Json("""
            { "Gateway": { "DrainSeconds": "x", "Bananas": 1, "EchoModel": "maybe",
              "Providers": { "a": { "BaseUrl": "ftp://x", "InjectUsage": "x" }, "b": { } },
              "Models": [ { "Name": "m", "MaxOutputTokens": "many", "Targets": [ { "Provider": "c" } ] }, { "Targets": [] } ] } }
            """));

        Assert.Equal(
            [
                "Gateway:Bananas", "Gateway:DrainSeconds", "Gateway:EchoModel", "Gateway:Models:0:MaxOutputTokens", "Gateway:Models:0:Targets:0:Provider",
                "Gateway:Models:1:Name", "Gateway:Models:1:Targets", "Gateway:Providers:a:BaseUrl", "Gateway:Providers:a:InjectUsage", "Gateway:Providers:b:BaseUrl",
            ],
            lines.Select(line => line.Split(' ')[0].TrimEnd(':')).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("not a url", "BaseUrl: an absolute http or https address is accepted")]
    [InlineData("/v1", "BaseUrl: an absolute http or https address is accepted")]
    [InlineData("file:///etc/passwd", "BaseUrl: an absolute http or https address is accepted")]
    [InlineData("https://user:" + Secret + "@host/v1", "BaseUrl: an address without a user or password is accepted")]
    [InlineData("https://host/v1?key=" + Secret, "BaseUrl: an address without a query or fragment is accepted")]
    [InlineData("https://host/v1#x", "BaseUrl: an address without a query or fragment is accepted")]
    [InlineData("https://host/v1?", "BaseUrl: an address without a query or fragment is accepted")]
    [InlineData("http://169.254.169.254/v1", "BaseUrl: link-local addresses and cloud metadata services are never called")]
    [InlineData("http://metadata.google.internal/v1", "BaseUrl: link-local addresses and cloud metadata services are never called")]
    public void A_base_address_that_no_provider_has_is_refused(string baseUrl, string expected)
    {
        string line = Assert.Single(SettingsCheck.Check(Settings(("Gateway:Providers:a:BaseUrl", baseUrl))));

        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway:Providers:a b:BaseUrl", "http://127.0.0.1:1", "Gateway:Providers:a b: a provider's name of 1 to 64 letters")]
    [InlineData("Gateway:Providers:Echo:BaseUrl", "http://127.0.0.1:1", "the name 'Echo' is reserved")]
    [InlineData("Gateway:Providers:a:Kind", "bard", "Gateway:Providers:a:Kind = \"bard\": \"openai\" or \"azure\" or \"anthropic\" is accepted.")]
    [InlineData("Gateway:Providers:a:ApiVersion", "2024-10-21", "Gateway:Providers:a:ApiVersion: only providers of the kind \"azure\" have one")]
    [InlineData("Gateway:Providers:a:ApiVersion", "2024&x=1", "Gateway:Providers:a:ApiVersion = \"2024&x=1\": a version such as 2024-10-21 is accepted.")]
    [InlineData("Gateway:Providers:a:ApiKeys:0", Secret + " ", "Gateway:Providers:a:ApiKeys:0: visible ASCII characters")]
    [InlineData("Gateway:Providers:a:ApiKey", "env:NOT_SET_ANYWHERE", "Gateway:Providers:a:ApiKey: the environment variable 'NOT_SET_ANYWHERE' is not set.")]
    [InlineData("Gateway:Providers:a:ApiKeys:0", "file:/nowhere/at/all", "Gateway:Providers:a:ApiKeys:0: the file '/nowhere/at/all' can't be read")]
    [InlineData("Gateway:Providers:a:OutputCapField", "cap", "Gateway:Providers:a:OutputCapField = \"cap\": \"max_completion_tokens\" or")]
    [InlineData("Gateway:Providers:a:ApiKey", Secret + "\n", "Gateway:Providers:a:ApiKey: visible ASCII characters")]
    [InlineData("Gateway:Providers:a:Auth", Secret, "Gateway:Providers:a:Auth: \"bearer\" or \"none\" is accepted.")]
    [InlineData("Gateway:Providers:a:Auth", "bearer", "Gateway:Providers:a:Auth = \"bearer\" needs Gateway:Providers:a:ApiKey.")]
    [InlineData("Gateway:Providers:a:Headers:x-key", "{key}", "Gateway:Providers:a:Headers:x-key holds {key}, which needs")]
    [InlineData("Gateway:Providers:a:Query:key", "{key}", "Gateway:Providers:a:Query:key holds {key}, which needs")]
    [InlineData("Gateway:Providers:a:Headers:Content-Length", "1", "Headers:Content-Length: a header's name is accepted")]
    [InlineData("Gateway:Providers:a:Headers:Transfer-Encoding", "1", "Headers:Transfer-Encoding: a header's name is accepted")]
    [InlineData("Gateway:Providers:a:Headers:x y", "1", "Headers:x y: a header's name is accepted")]
    [InlineData("Gateway:Providers:a:Headers:x", Secret + "\r\nevil: 1", "Headers:x: a value of visible ASCII")]
    [InlineData("Gateway:Providers:a:Endpoints:0", "/v1/chat/completions", "one of chat/completions, completions, responses, embeddings, moderations,")]
    [InlineData("Gateway:Providers:a:UsagePath", "a..b", "field names joined by dots are accepted")]
    [InlineData("Gateway:Providers:a:ModelsPath", "models?x=1", "a path below BaseUrl without query is accepted")]
    [InlineData("Gateway:Providers:a:HealthPath", "http://elsewhere/", "a path below BaseUrl without query is accepted")]
    [InlineData("Gateway:Providers:a:StripFields:0", "model", "any field but model and stream is accepted")]
    [InlineData("Gateway:Models:0:Targets:0:Provider", "b", "Gateway:Models:0:Targets:0:Provider = \"b\": a provider of Gateway:Providers is accepted: a.")]
    [InlineData("Gateway:Models:0:Targets:0:Model", "gpt-*", "a name without * is accepted")]
    [InlineData("Gateway:Models:0:Targets:1:Provider", "A", "Gateway:Models:0:Targets:1 is the same as Gateway:Models:0:Targets:0: a weight is accepted instead.")]
    [InlineData("Gateway:Models:0:Targets:0:Weight", "-1", "Gateway:Models:0:Targets:0:Weight = \"-1\": a whole number from 0 to 1000 is accepted.")]
    [InlineData("Gateway:Models:0:Balance", "random", "\"weight\" or \"least_in_flight\" or \"affinity\" is accepted")]
    [InlineData("Gateway:Models:0:Fallbacks:0", "x", "Gateway:Models:0:Fallbacks:0 = \"x\": the name of a model of Gateway:Models is accepted, or provider/model.")]
    [InlineData("Gateway:Models:0:Fallbacks:0", "m", "Gateway:Models:0:Fallbacks: m → m comes back to where it was: fallbacks without a circle are accepted.")]
    [InlineData("Gateway:Models:0:Name", "", "Gateway:Models:0:Name is missing; it must be set.")]
    [InlineData("Gateway:Models:0:Name", "a/x", "names that begin with 'a/' always address that provider directly")]
    [InlineData("Gateway:CorsOrigins:0", "x", "Gateway:CorsOrigins:0 = \"x\": an origin such as htt")]
    public void What_does_not_fit_together_is_refused_without_showing_a_credential(string path, string value, string expected)
    {
        (string, string?)[] settings =
        [
            ("Gateway:Providers:a:BaseUrl", "http://127.0.0.1:1"), ("Gateway:Models:0:Name", "m"), ("Gateway:Models:0:Targets:0:Provider", "a"), (path, value),
        ];

        string line = Assert.Single(SettingsCheck.Check(Settings(settings)));

        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void Deployments_are_no_part_of_Azures_base_address() =>
        Assert.Contains(
            "deployments are named as a target's Model",
            Assert.Single(SettingsCheck.Check(Settings(("Gateway:Providers:a:Kind", "azure"), ("Gateway:Providers:a:BaseUrl", "https://me.openai.azure.com/openai/deployments/x")))),
            StringComparison.Ordinal);

    [Fact]
    public void A_credential_may_stand_in_a_variable_and_nothing_else_may()
    {
        IConfigurationRoot configuration = Settings(
            ("MY_KEY", $" {Secret} "), ("My:Key", "other-secret"),
            ("Gateway:Providers:a:BaseUrl", "http://127.0.0.1:1"), ("Gateway:Providers:a:ApiKey", "env:MY_KEY"), ("gateway:providers:a:apikeys:0", "env:My__Key"),
            ("Gateway:Providers:a:Headers:x", "env:MY_KEY"), ("Gateway:DataDirectory", "env:MY_KEY"));
        Assert.Empty(SettingsCheck.Check(configuration));

        ProviderOptions provider = SettingsCheck.Read<RoutingOptions>(configuration).Providers["a"];

        Assert.Equal(Secret, provider.ApiKey);
        Assert.Equal(["other-secret"], provider.ApiKeys);
        Assert.Equal("env:MY_KEY", provider.Headers["x"]);
        Assert.Equal("env:MY_KEY", SettingsCheck.Read<GatewayOptions>(configuration).DataDirectory);
    }

    [Theory]
    [InlineData("env:")]
    [InlineData("env:Gateway:AdminKey")]
    [InlineData("env:MY KEY")]
    [InlineData("env:EMPTY")]
    public void Only_a_variable_that_is_set_is_taken_for_one(string setting) =>
        Assert.Contains(
            "is not set.",
            Assert.Single(SettingsCheck.Check(Settings(
                ("Gateway:AdminKey", "admin-key-0123456789"), ("EMPTY", "  "), ("Gateway:Providers:a:BaseUrl", "http://127.0.0.1:1"), ("Gateway:Providers:a:ApiKey", setting)))),
            StringComparison.Ordinal);

    [Fact]
    public void A_name_given_twice_is_refused() =>
        Assert.Equal(
            ["Gateway:Models:1:Name = \"m\": a name that no other model has is accepted."],
            SettingsCheck.Check(Settings(
                ("Gateway:Providers:a:BaseUrl", "http://127.0.0.1:1"),
                ("Gateway:Models:0:Name", "m"), ("Gateway:Models:0:Targets:0:Provider", "a"),
                ("Gateway:Models:1:Name", "m"), ("Gateway:Models:1:Targets:0:Provider", "a"))));

    [Fact]
    public void A_name_with_a_provider_in_front_is_fine_where_it_means_just_that() =>
        Assert.Empty(SettingsCheck.Check(Settings(
            ("Gateway:Providers:a:BaseUrl", "http://127.0.0.1:1"),
            ("Gateway:Models:0:Name", "a/x"), ("Gateway:Models:0:Targets:0:Provider", "a"), ("Gateway:Models:0:Targets:0:Model", "x"))));

    [Fact]
    public void A_line_stays_one_line_whatever_a_value_holds()
    {
        string line = Assert.Single(SettingsCheck.Check(Settings(("Gateway:EchoModel", "a\r\nGateway: all is well\u001b[2J\u202e"))));

        Assert.Equal("Gateway:EchoModel = \"a\\u000d\\u000aGateway: all is well\\u001b[2J\\u202e\": true or false is accepted.", line);
    }

    [Theory]
    [InlineData("{ \"Gateway\": { \"AdminKey\": \"secret-of-the-admin\" ")]
    [InlineData("{ \"Gateway\": { \"AdminKey\": secret-of-the-admin } }")]
    [InlineData("{ \"A\": 1, \"a\": 2 }")]
    public void A_file_that_is_no_json_is_told_in_one_line(string json)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, json);

        InvalidDataException broken = Assert.Throws<InvalidDataException>(() => new ConfigurationBuilder().AddJsonFile(path).Build());
        string line = SettingsCheck.Unreadable(broken);
        File.Delete(path);

        Assert.Contains(path, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        Assert.DoesNotContain("secret-of-the-admin", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_room_gets_its_own_settings()
    {
        IConfiguration configuration = Json("""
            { "Gateway": { "DataDirectory": "elsewhere", "EchoModel": false, "MaxRequestBodyBytes": 2048, "DrainSeconds": null,
              "Timeouts": { "IdleSeconds": 7 }, "Ledger": { "QueueRows": 200 }, "Metrics": { "Public": true },
              "Providers": { "a": { "BaseUrl": "http://127.0.0.1:1", "Endpoints": [ "embeddings" ], "Headers": { "X-Own": "1" } } },
              "Models": [ { "Name": "m", "Targets": [ { "Provider": "a", "Model": "n" } ] } ] } }
            """);
        Assert.Empty(SettingsCheck.Check(configuration));

        using ServiceProvider services = new ServiceCollection().AddGatewayOptions(configuration).BuildServiceProvider();

        GatewayOptions gateway = services.GetRequiredService<GatewayOptions>();
        ProxyOptions proxy = services.GetRequiredService<IOptions<ProxyOptions>>().Value;
        RoutingOptions routing = services.GetRequiredService<RoutingOptions>();
        Assert.Equal("elsewhere", gateway.DataDirectory);
        Assert.True(gateway.Metrics.Public);
        Assert.Equal((2048, 30, 7), (proxy.MaxRequestBodyBytes, proxy.DrainSeconds, proxy.Timeouts.IdleSeconds));
        Assert.Equal((10, 7), (services.GetRequiredService<TimeoutOptions>().ConnectSeconds, services.GetRequiredService<TimeoutOptions>().IdleSeconds));
        Assert.Equal(200, services.GetRequiredService<LedgerOptions>().QueueRows);
        Assert.False(routing.EchoModel);
        Assert.Equal(["embeddings"], routing.Providers["A"].Endpoints);
        Assert.Equal("1", routing.Providers["a"].Headers["x-own"]);
        Assert.Equal("n", routing.Models[0].Targets[0].Model);
    }

    private static IConfigurationRoot Json(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

    private static IConfigurationRoot Settings(params (string Path, string? Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.GroupBy(setting => setting.Path).Select(group => KeyValuePair.Create(group.Key, group.Last().Value)))
            .Build();
}
