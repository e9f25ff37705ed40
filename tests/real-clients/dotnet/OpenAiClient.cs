using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Images;
using OpenAI.Responses;

namespace Gateway.RealClients;

/// <summary>OpenAI's own SDK.</summary>
internal static class OpenAiClient
{
    private const string Model = "gpt-4o";

    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool("get_weather", "The weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""));

    public static OpenAIClient Make(string? key = null, int retries = 0) =>
        new(new ApiKeyCredential(key ?? Steps.Key), new OpenAIClientOptions { Endpoint = Steps.Base, RetryPolicy = new ClientRetryPolicy(retries) });

    public static async Task RunAsync(Steps steps)
    {
        var client = Make();
        var chat = client.GetChatClient(Model);
        await steps.RunAsync("models", async () => Steps.Is((await client.GetOpenAIModelClient().GetModelsAsync()).Value.Any(model => model.Id == Model), true, "listed"));
        await steps.RunAsync("chat", async () =>
        {
            var answer = (await chat.CompleteChatAsync(Ask("hi"))).Value;
            Steps.Is((answer.Content[0].Text, answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount), (Steps.Text, 11, 7), "answer");
        });
        await steps.RunAsync("a stream has usage", async () =>
        {
            var text = "";
            ChatTokenUsage? usage = null;
            await foreach (var update in chat.CompleteChatStreamingAsync(Ask("hi")))
            {
                text += string.Concat(update.ContentUpdate.Select(part => part.Text));
                usage = update.Usage ?? usage;
            }

            Steps.Is((text, usage?.TotalTokenCount), (Steps.Text, 18), "answer");
        });
        await steps.RunAsync("a tool is called", async () =>
        {
            var answer = (await chat.CompleteChatAsync(Ask("tool please"), new ChatCompletionOptions { Tools = { Weather } })).Value;
            Steps.Is(JsonDocument.Parse(answer.ToolCalls[0].FunctionArguments).RootElement.GetProperty("city").GetString(), "Paris", "city");
        });
        await steps.RunAsync("embeddings", async () =>
        {
            var answer = (await client.GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingsAsync(["a", "b"])).Value;
            Steps.Is((answer.Count, answer[1].ToFloats().Span[1]), (2, -0.5f), "vectors");
        });
        await steps.RunAsync("a response, and its life after", async () =>
        {
            var responses = client.GetResponsesClient();
            var made = (await responses.CreateResponseAsync(Model, "hi")).Value;
            Steps.Is(made.GetOutputText(), Steps.Text, "text");
            Steps.Is((await responses.GetResponseAsync(made.Id)).Value.Id, made.Id, "id");
            await responses.DeleteResponseAsync(made.Id);
            Steps.Is((await Steps.ThrowsAsync<ClientResultException>(() => responses.GetResponseAsync(made.Id))).Status, 404, "status");
        });
        await steps.RunAsync("a response in a stream", async () =>
        {
            StreamingResponseUpdate? last = null;
            await foreach (var update in client.GetResponsesClient().CreateResponseStreamingAsync(Model, "hi"))
            {
                last = update;
            }

            Steps.Is((last as StreamingResponseCompletedUpdate)?.Response.GetOutputText(), Steps.Text, "text");
        });
        await steps.RunAsync("moderation", async () => Steps.Is((await client.GetModerationClient("omni-moderation-latest").ClassifyTextAsync("x")).Value.Flagged, false, "flagged"));
        await steps.RunAsync("a picture", async () =>
        {
            GeneratedImage picture = (await client.GetImageClient("gpt-image-1").GenerateImageAsync("a cat")).Value;
            Steps.Is(picture.ImageBytes.ToArray()[1], (byte)'P', "second byte");
        });
        await steps.RunAsync("401", async () => Steps.Is((await FailsAsync(Make(Steps.WrongKey).GetChatClient(Model), "hi")).Status, 401, "status"));
        await steps.RunAsync("404", async () => Steps.Is((await FailsAsync(client.GetChatClient("no-such"), "hi")).Status, 404, "status"));
        await steps.RunAsync("429", async () => Steps.Is((await FailsAsync(chat, "always 429")).Status, 429, "status"));
        await steps.RunAsync("a refusal that passes is retried", async () =>
            Steps.Is((await Make(retries: 2).GetChatClient(Model).CompleteChatAsync(Ask(Steps.FailOnce()))).Value.Content[0].Text, Steps.Text, "text"));
        await steps.RunAsync("a stream that is broken off throws", async () => await Steps.ThrowsAsync<Exception>(() => ReadAsync(chat, "break off", most: int.MaxValue)));
        await steps.RunAsync("leaving a stream cancels it upstream", () => Steps.LeavesAsync(() => ReadAsync(chat, "endless", most: 3)));
    }

    private static ChatMessage[] Ask(string text) => [new UserChatMessage(text)];

    private static Task<ClientResultException> FailsAsync(ChatClient chat, string text) => Steps.ThrowsAsync<ClientResultException>(() => chat.CompleteChatAsync(Ask(text)));

    private static async Task ReadAsync(ChatClient chat, string text, int most)
    {
        await foreach (var _ in chat.CompleteChatStreamingAsync(Ask(text)))
        {
            if (--most == 0)
            {
                return;
            }
        }
    }
}
