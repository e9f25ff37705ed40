using System.ClientModel;
using System.ClientModel.Primitives;
using Gateway.IntegrationTests.Infrastructure;
using OpenAI;
using OpenAI.Chat;
using Xunit;

namespace Gateway.IntegrationTests.Clients;

/// <summary>The gateway through the eyes of OpenAI's own SDK, against the built-in model and scripted upstreams.</summary>
public sealed class OpenAiSdkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chat_answers_with_text_and_usage()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        var client = Client(gateway, await gateway.NewKeyAsync());

        ChatCompletion answer = await client.GetChatClient("echo").CompleteChatAsync([new UserChatMessage("Hello there")], cancellationToken: Cancel);

        Assert.Equal("Hello there", answer.Content[0].Text);
        Assert.Equal(2, answer.Usage.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
    }

    [Fact]
    public async Task A_stream_comes_in_words_and_ends_with_the_usage_that_this_SDK_always_asks_for()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        var client = Client(gateway, await gateway.NewKeyAsync());

        var words = new List<string>();
        ChatTokenUsage? usage = null;
        await foreach (var update in client.GetChatClient("echo").CompleteChatStreamingAsync([new UserChatMessage("one two three")], cancellationToken: Cancel))
        {
            words.AddRange(update.ContentUpdate.Select(part => part.Text).Where(text => text.Length > 0));
            usage = update.Usage ?? usage;
        }

        Assert.Equal(["one", " two", " three"], words);
        Assert.Equal(3, usage?.OutputTokenCount);
    }

    [Fact]
    public async Task Embeddings_and_models_are_read()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        var client = Client(gateway, await gateway.NewKeyAsync());

        var vectors = await client.GetEmbeddingClient("echo").GenerateEmbeddingsAsync(["a", "b"], cancellationToken: Cancel);
        var models = await client.GetOpenAIModelClient().GetModelsAsync(Cancel);

        Assert.Equal(2, vectors.Value.Count);
        Assert.Contains(models.Value, model => model.Id == "echo");
    }

    [Fact]
    public async Task Errors_are_the_exceptions_that_the_SDK_knows()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        var known = Client(gateway, await gateway.NewKeyAsync());
        var stranger = Client(gateway, "sk-wrong");

        var unauthorized = await Assert.ThrowsAsync<ClientResultException>(() => stranger.GetChatClient("echo").CompleteChatAsync([new UserChatMessage("x")], cancellationToken: Cancel));
        var missing = await Assert.ThrowsAsync<ClientResultException>(() => known.GetChatClient("no-such").CompleteChatAsync([new UserChatMessage("x")], cancellationToken: Cancel));

        Assert.Equal(401, unauthorized.Status);
        Assert.Contains("invalid_api_key", unauthorized.Message, StringComparison.Ordinal);
        Assert.Equal(404, missing.Status);
        Assert.Contains("model_not_found", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wire_of_the_0_x_SDKs_works_without_v1_in_front()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var caller = await gateway.NewCallerAsync();

        using var completion = await caller.CallAsync("""{"model":"echo","prompt":"Say this","max_tokens":7,"temperature":0}""", "/completions", Cancel);
        using var stream = await caller.CallAsync("""{"model":"echo","messages":[{"role":"user","content":"Say this"}],"stream":true}""", "/chat/completions", Cancel);

        Assert.Contains("\"text\":\"Say this\"", await completion.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", await stream.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static OpenAIClient Client(GatewayHost gateway, string key) => new(
        new ApiKeyCredential(key),
        new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "/v1"), RetryPolicy = new ClientRetryPolicy(0) });
}
