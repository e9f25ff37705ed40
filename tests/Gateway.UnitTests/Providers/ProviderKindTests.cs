using Gateway.OpenAi;
using Gateway.Providers;
using Xunit;

namespace Gateway.UnitTests.Providers;

/// <summary>What the kinds and the providers known by their host have of their own.</summary>
public sealed class ProviderKindTests
{
    private const string Key = "upstream-key-0123456789";
    private const string Azure = "https://me.openai.azure.com";

    [Theory]
    [InlineData(Azure, "2024-10-21", "chat/completions", "", $"{Azure}/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21")]
    [InlineData(Azure + "/", "2024-10-21", "embeddings", "", $"{Azure}/openai/deployments/my-gpt/embeddings?api-version=2024-10-21")]
    [InlineData(Azure + "/openai/", "2024-10-21", "audio/transcriptions", "", $"{Azure}/openai/deployments/my-gpt/audio/transcriptions?api-version=2024-10-21")]
    [InlineData(Azure, "2024-10-21", "images/generations", "?api-version=2023-05-15&x=1", $"{Azure}/openai/deployments/my-gpt/images/generations?x=1&api-version=2024-10-21")]
    [InlineData(Azure, "2025-04-01-preview", "responses", "", $"{Azure}/openai/responses?api-version=2025-04-01-preview")]
    [InlineData(Azure, "2025-04-01-preview", "files/file-1/content", "", $"{Azure}/openai/files/file-1/content?api-version=2025-04-01-preview")]
    [InlineData(Azure, "2025-04-01-preview", "realtime", "?model=asked", $"{Azure}/openai/realtime?deployment=my-gpt&api-version=2025-04-01-preview")]
    [InlineData(Azure, null, "chat/completions", "", $"{Azure}/openai/v1/chat/completions")]
    [InlineData(Azure + "/openai/v1", null, "chat/completions", "?api-version=2024-10-21", $"{Azure}/openai/v1/chat/completions")]
    [InlineData(Azure + "/openai/v1/", "preview", "responses", "", $"{Azure}/openai/v1/responses?api-version=preview")]
    [InlineData(Azure, "preview", "chat/completions", "", $"{Azure}/openai/v1/chat/completions?api-version=preview")]
    [InlineData(Azure, null, "realtime", "", $"{Azure}/openai/v1/realtime?model=my-gpt")]
    [InlineData("http://127.0.0.1:9/prefix/openai", "2024-10-21", "completions", "", "http://127.0.0.1:9/prefix/openai/deployments/my-gpt/completions?api-version=2024-10-21")]
    public void Azure_is_called_in_both_its_forms(string baseUrl, string? version, string path, string query, string expected)
    {
        using Provider provider = Create(new ProviderOptions { Kind = "azure", BaseUrl = baseUrl, ApiVersion = version, ApiKey = Key });

        Assert.Equal(expected, provider.Address(path, "my-gpt", query).AbsoluteUri);
    }

    [Theory]
    [InlineData("a b", "a%20b")]
    [InlineData("a/../b", "a%2F..%2Fb")]
    [InlineData("..", "_")]
    [InlineData("a?b#c", "a%3Fb%23c")]
    public void A_deployment_stays_in_its_place_of_the_path(string model, string segment)
    {
        using Provider provider = Create(new ProviderOptions { Kind = "azure", BaseUrl = Azure, ApiVersion = "2024-10-21", ApiKey = Key });

        Assert.Equal($"/openai/deployments/{segment}/chat/completions", provider.Address("chat/completions", model, "").AbsolutePath);
    }

    [Fact]
    public void Azure_gets_its_key_in_a_header_of_its_own_and_lists_no_models()
    {
        using Provider provider = Create(new ProviderOptions { Kind = "azure", BaseUrl = Azure, ApiKey = Key });
        using var request = Authorized(provider, "chat/completions");

        Assert.Equal([Key], request.Headers.NonValidated["api-key"]);
        Assert.False(request.Headers.Contains("Authorization"));
        Assert.Null(provider.ModelsAddress);
    }

    [Fact]
    public void A_token_of_Entra_goes_to_Azure_as_bearer()
    {
        using Provider provider = Create(new ProviderOptions { Kind = "azure", BaseUrl = Azure, ApiKey = Key, Auth = "bearer" });
        using var request = Authorized(provider, "chat/completions");

        Assert.Equal([$"Bearer {Key}"], request.Headers.NonValidated["Authorization"]);
        Assert.False(request.Headers.Contains("api-key"));
    }

    [Theory]
    [InlineData("2024-06-01", false)]
    [InlineData("2024-09-01-preview", true)]
    [InlineData("2024-10-21", true)]
    [InlineData("preview", true)]
    [InlineData(null, true)]
    public void Azure_is_asked_for_usage_since_it_can_tell(string? version, bool asked)
    {
        using Provider provider = Create(new ProviderOptions { Kind = "azure", BaseUrl = Azure, ApiVersion = version, ApiKey = Key });

        Assert.Equal(asked, provider.InjectUsage);
    }

    [Theory]
    [InlineData("https://api.anthropic.com", "https://api.anthropic.com/v1/messages?beta=true")]
    [InlineData("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/messages?beta=true")]
    [InlineData("https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages?beta=true")]
    public void Anthropics_paths_are_below_v1_whether_the_base_address_says_so_or_not(string baseUrl, string expected)
    {
        using Provider provider = Create(new ProviderOptions { Kind = "anthropic", BaseUrl = baseUrl, ApiKey = Key });

        Assert.Equal(expected, provider.Address("messages", "claude", "?beta=true").AbsoluteUri);
        Assert.EndsWith("/v1/models?limit=1000", provider.ModelsAddress?.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public void Anthropic_gets_its_key_and_a_version_where_the_caller_sent_none()
    {
        using Provider provider = Create(new ProviderOptions { Kind = "anthropic", BaseUrl = "https://api.anthropic.com", ApiKey = Key });
        using var request = Authorized(provider, "messages");

        Assert.Equal([Key], request.Headers.NonValidated["x-api-key"]);
        Assert.Equal(["2023-06-01"], request.Headers.NonValidated["anthropic-version"]);
        Assert.False(request.Headers.Contains("Authorization"));
    }

    [Fact]
    public void The_callers_version_of_Anthropics_API_is_kept()
    {
        using Provider provider = Create(new ProviderOptions { Kind = "anthropic", BaseUrl = "https://api.anthropic.com", ApiKey = Key });
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Address("messages", "claude", ""));
        request.Headers.TryAddWithoutValidation("Anthropic-Version", "2024-01-01");

        provider.Authorize(request);

        Assert.Equal(["2024-01-01"], request.Headers.NonValidated["anthropic-version"]);
    }

    [Fact]
    public void Anthropics_chat_call_takes_the_key_as_OpenAIs_does()
    {
        using Provider provider = Create(new ProviderOptions { Kind = "anthropic", BaseUrl = "https://api.anthropic.com", ApiKey = Key });
        using var request = Authorized(provider, "chat/completions");

        Assert.Equal([$"Bearer {Key}"], request.Headers.NonValidated["Authorization"]);
        Assert.False(request.Headers.Contains("x-api-key"));
    }

    [Theory]
    [InlineData("openai", "http://127.0.0.1:1/v1", "max_completion_tokens")]
    [InlineData("azure", Azure, "max_completion_tokens")]
    [InlineData("anthropic", "http://127.0.0.1:1", "max_tokens")]
    [InlineData("openai", "https://api.openai.com/v1", "max_completion_tokens")]
    [InlineData("openai", "https://API.groq.com/openai/v1", "max_tokens")]
    [InlineData("openai", "https://openrouter.ai/api/v1", "max_tokens")]
    [InlineData("openai", "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", "max_tokens")]
    public void An_answer_is_capped_in_the_field_that_kind_or_host_takes(string kind, string baseUrl, string field)
    {
        using Provider provider = Create(new ProviderOptions { Kind = kind, BaseUrl = baseUrl });
        using Provider told = Create(new ProviderOptions { Kind = kind, BaseUrl = baseUrl, OutputCapField = "max_output_tokens" });

        Assert.Equal(field, provider.OutputCapField);
        Assert.Equal("max_output_tokens", told.OutputCapField);
    }

    [Theory]
    [InlineData("openai", "http://127.0.0.1:1/v1", "chat/completions", true)]
    [InlineData("openai", "http://127.0.0.1:1/v1", "embeddings", true)]
    [InlineData("anthropic", "http://127.0.0.1:1", "chat/completions", false)]
    [InlineData("anthropic", "https://api.anthropic.com", "chat/completions", true)]
    [InlineData("anthropic", "https://api.anthropic.com", "embeddings", false)]
    [InlineData("openai", "https://api.deepseek.com/v1", "completions", false)]
    public void Calls_are_those_of_the_kind_or_of_the_known_host(string kind, string baseUrl, string path, bool spoken)
    {
        using Provider provider = Create(new ProviderOptions { Kind = kind, BaseUrl = baseUrl });

        Assert.Equal(spoken, provider.Speaks(new ApiEndpoint(path)));
    }

    [Fact]
    public void Settings_win_over_what_is_known_of_a_host()
    {
        using Provider known = Create(new ProviderOptions { BaseUrl = "https://api.mistral.ai/v1" });
        using Provider told = Create(new ProviderOptions { BaseUrl = "https://api.mistral.ai/v1", InjectUsage = true, Endpoints = { "completions" } });

        Assert.False(known.InjectUsage);
        Assert.False(known.Speaks(ApiEndpoint.Completions));
        Assert.True(told.InjectUsage);
        Assert.True(told.Speaks(ApiEndpoint.Completions));
    }

    [Fact]
    public void Every_call_that_a_preset_speaks_is_one_that_settings_may_name() =>
        Assert.Empty(ProviderPreset.All.SelectMany(preset => preset.Endpoints).Except(ProviderKind.EveryEndpoint));

    private static Provider Create(ProviderOptions options) => new("p", options, new StubHandler());

    private static HttpRequestMessage Authorized(Provider provider, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, provider.Address(path, "m", ""));
        provider.Authorize(request);
        return request;
    }
}
