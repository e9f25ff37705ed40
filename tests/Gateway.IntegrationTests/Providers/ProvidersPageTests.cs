using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Hosting;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.OpenAi;
using Gateway.Providers;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.IntegrationTests.Providers;

/// <summary>docs/providers.md works as it is written.</summary>
public sealed partial class ProvidersPageTests
{
    private const string Key = "key-of-the-environment-0123456789";
    private const string Answer = """{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""";

    public static TheoryData<string> Blocks => [.. Json().Matches(Page()).Select(block => block.Groups[1].Value)];

    [Fact]
    public void Every_provider_that_is_promised_has_a_block()
    {
        string[] addresses = [.. Blocks.SelectMany(block => Providers(Settings(block.Data)).Values.Select(provider => provider.BaseUrl ?? ""))];

        foreach (var promised in (string[])
            [
                "api.openai.com", ".openai.azure.com", ".openai.azure.com/openai/v1", "api.anthropic.com", "generativelanguage.googleapis.com/v1beta/openai", "api.groq.com/openai/v1",
                "api.deepseek.com", "api.mistral.ai", "api.together.xyz", "openrouter.ai/api/v1", "bedrock-runtime.", ":11434/", ":8000/", ":8080/", ":1234/", ":5000/",
            ])
        {
            Assert.Contains(addresses, address => address.Contains(promised, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_has_no_fault_and_speaks_chat(string block)
    {
        var configuration = Settings(block);

        Assert.Empty(SettingsCheck.Check(configuration));
        foreach (var (name, options) in Providers(configuration))
        {
            using var provider = new Provider(name, options, new SocketsHttpHandler());
            Assert.True(provider.Speaks(ApiEndpoint.ChatCompletions), $"{name} speaks no chat.");
        }
    }

    /// <summary>With the hosts exchanged for one of the test's and nothing else; calls of Anthropic's own form have tests elsewhere.</summary>
    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task A_block_starts_a_gateway_whose_model_answers_from_the_providers_own_path(string block)
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(call.RequestLine.StartsWith("POST", StringComparison.Ordinal) ? Answer : """{"object":"list","data":[]}"""));
        var configuration = Settings(block);
        var (name, options) = Assert.Single(Providers(configuration));
        var origin = new Uri(options.BaseUrl ?? "").GetLeftPart(UriPartial.Authority);
        var moved = configuration.AsEnumerable().Where(pair => pair.Value is not null && pair.Key.StartsWith("Gateway:", StringComparison.Ordinal))
            .Select(pair => $"--{pair.Key}={pair.Value?.Replace(origin, new Uri(upstream.BaseUrl).GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase).Replace("env:", "env:GATEWAY_TEST_", StringComparison.Ordinal)}");
        string[] keys = [.. VariableNames(block).Select(variable => $"--GATEWAY_TEST_{variable}={Key}")];
        string[] chat = options.Kind == "anthropic" ? [$"--Gateway:Providers:{name}:Endpoints:0=chat/completions"] : [];
        await using var gateway = await GatewayHost.StartAsync([.. moved, .. keys, .. chat]);
        using var caller = await gateway.NewCallerAsync();
        var model = (configuration["Gateway:Models:0:Name"] ?? "").Replace("*", "any", StringComparison.Ordinal);
        using var content = new StringContent($$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");

        using var response = await caller.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, Answer), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        var call = Assert.Single(upstream.Calls, call => call.RequestLine.StartsWith("POST", StringComparison.Ordinal));
        Assert.StartsWith($"POST {new Uri(options.BaseUrl ?? "").AbsolutePath.TrimEnd('/')}/", call.RequestLine, StringComparison.Ordinal);
        Assert.Equal(options.ApiKey is not null, call.Headers.Any(header => header.Value.Contains(Key, StringComparison.Ordinal)));
        using var body = JsonDocument.Parse(call.Body);
        Assert.Equal(configuration["Gateway:Models:0:Targets:0:Model"] ?? model, body.RootElement.GetProperty("model").GetString());
    }

    [Fact]
    public void The_page_names_every_variable_that_is_looked_for() =>
        Assert.DoesNotContain(ProviderPreset.All, preset => !Page().Contains($"`{preset.Variable}`", StringComparison.Ordinal));

    [Fact]
    public void The_page_names_every_call_of_a_kind() =>
        Assert.DoesNotContain(ProviderKind.EveryEndpoint, path => !Page().Contains($"`{path}`", StringComparison.Ordinal));

    private static IConfigurationRoot Settings(string block) => new ConfigurationBuilder()
        .AddInMemoryCollection(VariableNames(block).Select(name => KeyValuePair.Create(name, (string?)Key)))
        .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(block)))
        .Build();

    private static Dictionary<string, ProviderOptions> Providers(IConfigurationRoot configuration) => SettingsCheck.Read<RoutingOptions>(configuration).Providers;

    private static IEnumerable<string> VariableNames(string block) => Variable().Matches(block).Select(match => match.Groups[1].Value).Distinct();

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run below the repository.");
        }

        return File.ReadAllText(Path.Combine(folder.FullName, "docs", "providers.md"));
    }

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Json();

    [GeneratedRegex("\"env:([A-Z_]+)\"")]
    private static partial Regex Variable();
}
