using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class ModelCatalogTests
{
    [Theory]
    [InlineData("gpt-4o", "a", "gpt-4o-2024-11-20", "gpt-4o")]
    [InlineData("plain", "b", "plain", "plain")]
    [InlineData("gpt-4-turbo", "b", "gpt-4-turbo", "other")]
    [InlineData("gpt-3.5", "c", "gpt-3.5", "other")]
    [InlineData("anything", "a", "fixed", "other")]
    [InlineData("a/gpt-4o", "a", "gpt-4o", "other")]
    [InlineData("b/x/y", "b", "x/y", "other")]
    [InlineData("A/gpt-4o", "a", "fixed", "other")]
    [InlineData("echo", "echo", "echo", "echo")]
    [InlineData("echo/x", "echo", "x", "other")]
    public void A_name_leads_to_the_exact_model_then_the_addressed_provider_then_the_longest_pattern(string asked, string provider, string upstream, string metric)
    {
        using ModelCatalog catalog = Build(Options(true));

        Assert.True(catalog.Resolve(asked, ApiEndpoint.ChatCompletions).TryGet(out ModelRoute? route, out _));

        Assert.Equal((provider, upstream, metric), (route.First.Provider.Name, route.First.UpstreamModel, route.MetricName));
    }

    [Fact]
    public void A_name_that_leads_nowhere_is_not_found()
    {
        RoutingOptions options = new() { Providers = { ["a"] = At("http://127.0.0.1:1") } };
        using ModelCatalog catalog = Build(options);

        foreach (string name in new[] { "", "gpt", "a", "a/", "/a", "b/gpt", "Echo", new string('x', 1_000_000) })
        {
            Assert.False(catalog.Resolve(name, ApiEndpoint.ChatCompletions).TryGet(out _, out GatewayError? error));
            Assert.Equal("model_not_found", error.Code);
        }
    }

    [Fact]
    public void A_call_that_the_provider_does_not_speak_is_told_which_it_does()
    {
        using ModelCatalog catalog = Build(Options(true));

        Assert.False(catalog.Resolve("gpt-3.5", ApiEndpoint.Completions).TryGet(out _, out GatewayError? error));

        Assert.Equal((400, "endpoint_not_supported"), (error.Status, error.Code));
        Assert.Contains("chat/completions, embeddings", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai", "openai", "a")]
    [InlineData("azure", "openai", "b")]
    [InlineData("azure", "azure", "a")]
    [InlineData("anthropic", "azure", "b")]
    public void Files_go_to_OpenAi_sooner_than_to_whoever_else_keeps_them(string a, string b, string expected)
    {
        RoutingOptions options = new() { Providers = { ["a"] = new() { Kind = a, BaseUrl = "http://127.0.0.1:1" }, ["b"] = new() { Kind = b, BaseUrl = "http://127.0.0.1:2" } } };

        using ModelCatalog catalog = Build(options);

        Assert.Equal(expected, catalog.FilesProvider);
    }

    [Fact]
    public void Without_the_built_in_model_its_name_is_free()
    {
        using ModelCatalog catalog = Build(new RoutingOptions { EchoModel = false, Providers = { ["a"] = At("http://127.0.0.1:1") } });

        Assert.False(catalog.Resolve("echo", ApiEndpoint.ChatCompletions).TryGet(out _, out GatewayError? error));

        Assert.Equal("model_not_found", error.Code);
        Assert.Empty(catalog.Models);
    }

    [Fact]
    public void A_configured_model_named_echo_takes_the_place_of_the_built_in_one()
    {
        RoutingOptions options = new() { Providers = { ["a"] = At("http://127.0.0.1:1") }, Models = { Model("echo", "a", "real") } };
        using ModelCatalog catalog = Build(options);

        Assert.True(catalog.Resolve("echo", ApiEndpoint.ChatCompletions).TryGet(out ModelRoute? route, out _));

        Assert.Equal(("a", "real"), (route.First.Provider.Name, route.First.UpstreamModel));
    }

    [Fact]
    public void Known_names_are_listed_in_the_order_of_the_settings()
    {
        using ModelCatalog catalog = Build(Options(true));

        Assert.Equal([new("gpt-4o", "a"), new("plain", "b"), new("echo", "echo")], catalog.Models);
    }

    [Fact]
    public void The_output_bound_of_the_settings_comes_along()
    {
        using ModelCatalog catalog = Build(Options(true));

        Assert.True(catalog.Resolve("gpt-4o", ApiEndpoint.ChatCompletions).TryGet(out ModelRoute? route, out _));

        Assert.Equal(16384, route.First.MaxOutputTokens);
    }

    [Fact]
    public void A_price_is_the_settings_else_the_tables_else_unknown()
    {
        var options = new RoutingOptions { Providers = { ["a"] = At("http://127.0.0.1:1") } };
        options.Models.Add(new ModelOptions { Name = "mine", Targets = { new TargetOptions { Provider = "a", Model = "gpt-4o" } }, Price = new Price { Input = 7 } });
        options.Models.Add(new ModelOptions { Name = "alias", Targets = { new TargetOptions { Provider = "a", Model = "gpt-4o" } } });
        options.Models.Add(new ModelOptions { Name = "p-*", Targets = { new TargetOptions { Provider = "a" } }, Price = new Price { Output = 9 } });
        options.Models.Add(new ModelOptions { Name = "*", Targets = { new TargetOptions { Provider = "a" } } });
        using ModelCatalog catalog = Build(options);

        Assert.Equal(new Price { Input = 7 }, Find(catalog, "mine").Price);
        Assert.Equal(2.5m, Find(catalog, "alias").Price?.Input);
        Assert.Equal(new Price { Output = 9 }, Find(catalog, "p-gpt-4o").Price);
        Assert.Equal(2.5m, Find(catalog, "gpt-4o").Price?.Input);
        Assert.Equal(2.5m, Find(catalog, "a/gpt-4o").Price?.Input);
        Assert.Null(Find(catalog, "unheard-of").Price);
        Assert.Equal(new Price(), Find(catalog, "echo").Price);
        Assert.Equal(new Price(), Find(catalog, "echo/x").Price);
    }

    [Fact]
    public void A_found_provider_answers_to_its_own_names_and_patterns()
    {
        using ModelCatalog catalog = Build(
            new RoutingOptions(),
            new FoundProvider("openai", "OPENAI_API_KEY", At("http://127.0.0.1:1"), ["gpt-*"]),
            new FoundProvider("ollama", "127.0.0.1:11434", At("http://127.0.0.1:2"), ["qwen3:8b", "gpt-oss"]));

        Assert.Equal(
            [("gpt-4o", "openai"), ("gpt-oss", "ollama"), ("qwen3:8b", "ollama"), ("ollama/other", "ollama")],
            from name in (string[])["gpt-4o", "gpt-oss", "qwen3:8b", "ollama/other"]
            select (name, Find(catalog, name).Provider.Name));
    }

    [Fact]
    public void An_exact_name_is_found_without_allocating()
    {
        using ModelCatalog catalog = Build(Options(true));
        catalog.Resolve("gpt-4o", ApiEndpoint.ChatCompletions);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1000; i++)
        {
            catalog.Resolve("gpt-4o", ApiEndpoint.ChatCompletions);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static ModelTarget Find(ModelCatalog catalog, string name) =>
        catalog.TryFind(name, out ModelRoute? route) ? route.First : throw new InvalidOperationException($"'{name}' leads nowhere.");

    private static RoutingOptions Options(bool echo) => new()
    {
        EchoModel = echo,
        Providers =
        {
            ["a"] = At("http://127.0.0.1:1"),
            ["b"] = At("http://127.0.0.1:2"),
            ["c"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:3", Endpoints = { "embeddings", "chat/completions" } },
        },
        Models =
        {
            Model("gpt-4o", "a", "gpt-4o-2024-11-20", 16384), Model("*", "A", "fixed"), Model("gpt-*", "c", null), Model("gpt-4*", "b", ""), Model("plain", "b", null),
        },
    };

    private static ModelOptions Model(string name, string provider, string? model, int? maxOutputTokens = null) =>
        new() { Name = name, MaxOutputTokens = maxOutputTokens, Targets = { new TargetOptions { Provider = provider, Model = model } } };

    private static ProviderOptions At(string baseUrl) => new() { BaseUrl = baseUrl };

    private static ModelCatalog Build(RoutingOptions options, params FoundProvider[] found) => Catalogs.Build(options, found);
}
