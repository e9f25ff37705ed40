using System.Text;
using Gateway.OpenAi;
using Gateway.Providers;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class ProviderTests
{
    private const string Key = "sk-upstream-0123456789abcdef";

    [Theory]
    [InlineData("https://host/v1", "", "https://host/v1/chat/completions")]
    [InlineData("https://host/v1/", "", "https://host/v1/chat/completions")]
    [InlineData("http://host:8000", "", "http://host:8000/chat/completions")]
    [InlineData("https://host/v1", "?a=1&b=%20x", "https://host/v1/chat/completions?a=1&b=%20x")]
    [InlineData("https://host/v1", "?", "https://host/v1/chat/completions")]
    public void A_call_goes_to_its_path_below_the_base_address_with_the_callers_query(string baseUrl, string query, string expected)
    {
        using Provider provider = Create(new ProviderOptions { BaseUrl = baseUrl });

        Assert.Equal(expected, provider.Address("chat/completions", "m", query).AbsoluteUri);
    }

    [Theory]
    [InlineData("", "https://host/v1/embeddings?v=2024&key=sk-upstream-0123456789abcdef")]
    [InlineData("?v=1&x=2", "https://host/v1/embeddings?x=2&v=2024&key=sk-upstream-0123456789abcdef")]
    [InlineData("?%76=1&&key", "https://host/v1/embeddings?v=2024&key=sk-upstream-0123456789abcdef")]
    public void The_providers_own_parameters_replace_the_callers(string query, string expected)
    {
        using Provider provider = Create(new ProviderOptions { BaseUrl = "https://host/v1", ApiKey = Key, Query = { ["v"] = "2024", ["key"] = "{key}" } });
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Address("embeddings", "m", query));

        provider.Authorize(request);

        Assert.Equal(expected, request.RequestUri?.AbsoluteUri);
    }

    [Fact]
    public void A_call_without_a_query_gets_an_address_made_beforehand()
    {
        using Provider provider = Create(new ProviderOptions { BaseUrl = "https://host/v1" });

        Assert.Same(provider.Address("completions", "m", ""), provider.Address("completions", "m", ""));
    }

    [Fact]
    public void The_key_goes_as_bearer_over_whatever_stood_there()
    {
        using Provider provider = Create(new ProviderOptions { BaseUrl = "https://host", ApiKey = Key, Headers = { ["X-Title"] = "gateway" } });
        using var request = new HttpRequestMessage();
        request.Headers.TryAddWithoutValidation("authorization", "Bearer of-the-caller");
        request.Headers.TryAddWithoutValidation("x-title", "the caller's");

        provider.Authorize(request);

        Assert.Equal([$"Bearer {Key}"], request.Headers.NonValidated["Authorization"]);
        Assert.Equal(["gateway"], request.Headers.NonValidated["X-Title"]);
    }

    [Fact]
    public void A_header_that_holds_the_key_takes_the_place_of_bearer()
    {
        using Provider provider = Create(new ProviderOptions { BaseUrl = "https://host", ApiKey = Key, Headers = { ["api-key"] = "{key}" } });
        using var request = new HttpRequestMessage();

        provider.Authorize(request);

        Assert.False(request.Headers.Contains("Authorization"));
        Assert.Equal([Key], request.Headers.NonValidated["api-key"]);
    }

    [Theory]
    [InlineData(Key, "none", false)]
    [InlineData(Key, null, true)]
    [InlineData(Key, "bearer", true)]
    [InlineData(null, null, false)]
    public void Bearer_is_sent_as_the_settings_say(string? key, string? auth, bool sent)
    {
        using Provider provider = Create(new ProviderOptions { BaseUrl = "https://host", ApiKey = key, Auth = auth });
        using var request = new HttpRequestMessage();

        provider.Authorize(request);

        Assert.Equal(sent, request.Headers.Contains("Authorization"));
    }

    [Fact]
    public void It_speaks_every_call_unless_the_settings_name_some()
    {
        using Provider all = Create(new ProviderOptions { BaseUrl = "https://host" });
        using Provider some = Create(new ProviderOptions { BaseUrl = "https://host", Endpoints = { "embeddings" } });

        Assert.All(ApiEndpoint.All, endpoint => Assert.Equal(endpoint.Family != "messages", all.Speaks(endpoint)));
        Assert.True(some.Speaks(ApiEndpoint.Embeddings));
        Assert.False(some.Speaks(ApiEndpoint.ChatCompletions));
        Assert.True(some.Speaks(new ApiEndpoint("embeddings")));
    }

    [Fact]
    public void Its_flags_are_those_of_the_settings()
    {
        using Provider provider = Create(new ProviderOptions
        {
            BaseUrl = "https://host/v1",
            InjectUsage = false,
            RewriteModel = false,
            UsagePath = "x_groq.usage",
            StripFields = { "user" },
            ModelsPath = "tags",
            HealthPath = "/health",
        });

        Assert.False(provider.InjectUsage);
        Assert.False(provider.RewriteModel);
        Assert.NotSame(UsagePaths.Default, provider.UsagePaths);
        Assert.Equal(["user"], provider.StripFields);
        Assert.Equal("https://host/v1/tags", provider.ModelsAddress?.AbsoluteUri);
        Assert.Equal("https://host/health", provider.HealthAddress?.AbsoluteUri);
    }

    [Fact]
    public void Secrets_in_headers_are_masked_and_other_headers_are_not()
    {
        using Provider provider = Create(new ProviderOptions
        {
            BaseUrl = "https://host",
            Headers = { ["X-Auth-Token"] = "Bearer token-0123456789", ["HTTP-Referer"] = "https://example.org/gateway" },
        });

        string masked = Encoding.UTF8.GetString(provider.Mask("token-0123456789 at https://example.org/gateway"u8.ToArray()).Span);

        Assert.Equal("*** at https://example.org/gateway", masked);
    }

    [Fact]
    public void Its_client_follows_no_redirect_keeps_no_cookie_and_knows_no_proxy()
    {
        using SocketsHttpHandler handler = Provider.CreateHandler(TimeSpan.FromSeconds(7), new UpstreamConnector());

        Assert.False(handler.AllowAutoRedirect);
        Assert.False(handler.UseCookies);
        Assert.False(handler.UseProxy);
        Assert.Null(handler.ActivityHeadersPropagator);
        Assert.Equal(TimeSpan.FromSeconds(7), handler.ConnectTimeout);
        Assert.Equal(int.MaxValue, handler.MaxConnectionsPerServer);
    }

    private static Provider Create(ProviderOptions options) => new("p", options, new StubHandler());
}
