using Gateway.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class ProviderDiscoveryTests
{
    private const string OllamaAddress = "http://127.0.0.1:11434/v1/models";

    [Fact]
    public async Task Every_known_variable_gives_a_provider_with_its_key_and_names()
    {
        (string, string?)[] variables =
        [
            .. ProviderPreset.All.Select(preset => (preset.Variable, (string?)$" key-of-{preset.Name} ")),
            ("AWS_REGION", "eu-west-1"), ("AZURE_OPENAI_API_KEY", "key-of-azure"), ("AZURE_OPENAI_ENDPOINT", "https://me.openai.azure.com/"), ("OPENAI_API_VERSION", "2024-10-21"),
        ];

        IReadOnlyList<FoundProvider> found = await FindAsync(new StubHandler(), variables);

        Assert.Equal(["openai", "anthropic", "gemini", "groq", "deepseek", "mistral", "together", "openrouter", "xai", "bedrock", "azure"], found.Select(provider => provider.Name));
        Assert.All(found, provider => Assert.Equal($"key-of-{provider.Name}", provider.Options.ApiKey));
        Assert.Equal("OPENAI_API_KEY", found[0].Origin);
        Assert.Contains("gpt-*", found[0].Models);
        Assert.Equal("anthropic", found[1].Options.Kind);
        Assert.Equal(["messages", "messages/count_tokens", "chat/completions"], found[1].Options.Endpoints);
        Assert.Equal("x_groq.usage", found[3].Options.UsagePath);
        Assert.Equal("https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1", found[9].Options.BaseUrl);
        Assert.Equal(("azure", "2024-10-21"), (found[10].Options.Kind, found[10].Options.ApiVersion));
    }

    [Fact]
    public async Task What_is_found_would_pass_as_settings()
    {
        IReadOnlyList<FoundProvider> found = await FindAsync(
            new StubHandler((OllamaAddress, """{"object":"list","data":[{"id":"qwen3:8b"}]}""")),
            [.. ProviderPreset.All.Select(preset => (preset.Variable, (string?)"some-key")), ("AWS_DEFAULT_REGION", "us-east-1")]);
        var options = new RoutingOptions();
        foreach (FoundProvider provider in found)
        {
            options.Providers.Add(provider.Name, provider.Options);
        }

        Assert.Empty(RoutingCheck.Faults(options));
        Assert.Equal(11, options.Providers.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("two words")]
    [InlineData("sk-gw-0123456789abcdefghijklmnopqrstuv")]
    public async Task A_variable_without_a_usable_key_gives_none(string value) =>
        Assert.Empty(await FindAsync(new StubHandler(), ("OPENAI_API_KEY", value)));

    [Fact]
    public async Task A_shell_set_up_as_a_client_of_this_gateway_does_not_make_it_call_itself() =>
        Assert.Empty(await FindAsync(new StubHandler(), ("OPENAI_API_KEY", "sk-gw-0123456789abcdef"), ("OPENAI_BASE_URL", "http://localhost:4000/v1")));

    [Fact]
    public async Task Another_base_address_of_openai_is_used_and_serves_any_name()
    {
        FoundProvider found = Assert.Single(await FindAsync(new StubHandler(), ("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "http://10.0.0.5:9000/v1")));

        Assert.Equal("http://10.0.0.5:9000/v1", found.Options.BaseUrl);
        Assert.Contains("*", found.Models);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("http://169.254.169.254/v1")]
    public async Task A_base_address_that_is_never_called_is_not_used(string baseUrl) =>
        Assert.Empty(await FindAsync(new StubHandler(), ("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", baseUrl)));

    [Theory]
    [InlineData("AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION", null)]
    [InlineData("AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION", "evil.example/")]
    [InlineData("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", null)]
    [InlineData("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "http://169.254.169.254")]
    public async Task A_key_whose_service_has_no_usable_address_gives_none(string keyVariable, string placeVariable, string? place) =>
        Assert.Empty(await FindAsync(new StubHandler(), (keyVariable, "k"), (placeVariable, place)));

    [Fact]
    public async Task A_local_server_is_found_by_its_list_of_models()
    {
        var handler = new StubHandler(
            (OllamaAddress, """{"object":"list","data":[{"id":"qwen3:8b","object":"model"},{"id":"odd*name"}]}"""),
            ("http://127.0.0.1:8080/v1/models", """{"data":[{"id":"gguf"}]}"""),
            ("http://127.0.0.1:8000/v1/models", """{"detail":"some other service"}"""),
            ("http://127.0.0.1:5000/v1/models", "<html>"));

        IReadOnlyList<FoundProvider> found = await FindAsync(handler);

        Assert.Equal(["ollama", "llamacpp"], found.Select(provider => provider.Name));
        Assert.Equal(["qwen3:8b"], found[0].Models);
        Assert.Equal("127.0.0.1:11434", found[0].Origin);
        Assert.Null(found[0].Options.ApiKey);
        Assert.Equal("max_tokens", found[0].Options.OutputCapField);
        Assert.Contains("messages/count_tokens", found[1].Options.Endpoints);
        Assert.Equal(5, handler.Requests.Count);
    }

    [Fact]
    public async Task A_local_server_that_does_not_answer_holds_the_start_up_for_half_a_second_at_most()
    {
        var handler = new StubHandler(("http://127.0.0.1:1234/v1/models", """{"data":[{"id":"m"}]}""")) { Silent = { OllamaAddress } };

        var time = new FakeTimeProvider();
        using var probe = new HttpMessageInvoker(handler);

        Task<IReadOnlyList<FoundProvider>> search = new ProviderDiscovery(Variables(), probe, time, NullLogger.Instance).FindAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(search.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        IReadOnlyList<FoundProvider> found = await search;

        Assert.Equal(["lmstudio"], found.Select(provider => provider.Name));
    }

    [Fact]
    public async Task Nothing_is_looked_for_where_the_settings_name_a_provider_or_forbid_it()
    {
        IConfiguration configuration = Variables(("OPENAI_API_KEY", "k"));
        RoutingOptions named = new() { Providers = { ["a"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1" } } };
        RoutingOptions forbidden = new() { DiscoverProviders = false };

        foreach (RoutingOptions options in new[] { named, forbidden })
        {
            Assert.Empty(await ProviderDiscovery.FindAsync(options, configuration, TimeProvider.System, null, TestContext.Current.CancellationToken));
        }
    }

    private static async Task<IReadOnlyList<FoundProvider>> FindAsync(StubHandler handler, params (string Name, string? Value)[] variables)
    {
        using var probe = new HttpMessageInvoker(handler);
        return await new ProviderDiscovery(Variables(variables), probe, TimeProvider.System, NullLogger.Instance).FindAsync(TestContext.Current.CancellationToken);
    }

    private static IConfigurationRoot Variables(params (string Name, string? Value)[] variables) =>
        new ConfigurationBuilder().AddInMemoryCollection(variables.Select(variable => KeyValuePair.Create(variable.Name, variable.Value))).Build();
}
