using System.Collections.Concurrent;
using Gateway.Hosting;
using Gateway.Providers;
using Gateway.Tokens;
using Gateway.UnitTests.Providers;
using SharpToken;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class FirstAnswerTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void The_vocabulary_is_loaded_ahead_only_where_the_built_in_model_answers_alone(bool hasProvider, bool isLoaded)
    {
        var loaded = new ConcurrentQueue<string>();
        var counter = new TokenCounter(TokenLimits.Default, name =>
        {
            loaded.Enqueue(name);
            return GptEncoding.GetEncoding("r50k_base");
        });
        var options = new RoutingOptions();
        if (hasProvider)
        {
            options.Providers["a"] = new ProviderOptions { Kind = "openai", BaseUrl = "http://127.0.0.1:1" };
        }

        using (var catalog = ModelCatalog.Build(options, [], TimeSpan.FromSeconds(1), new StubHandler()))
        {
            FirstAnswer.Prepare(catalog, counter);
        }

        // Counts what waits before it returns.
        counter.Dispose();
        Assert.Equal(isLoaded ? ["o200k_base"] : [], loaded);
    }
}
