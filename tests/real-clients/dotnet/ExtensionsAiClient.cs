using System.ClientModel;
using Microsoft.Extensions.AI;

namespace Gateway.RealClients;

/// <summary>Microsoft.Extensions.AI, over chat completions and over responses.</summary>
internal static class ExtensionsAiClient
{
    private const string Model = "gpt-4o";

    public static async Task RunAsync(Steps steps)
    {
        await TalkAsync(steps, "chat", key => OpenAiClient.Make(key).GetChatClient(Model).AsIChatClient());
        await TalkAsync(steps, "responses", key => OpenAiClient.Make(key).GetResponsesClient().AsIChatClient(Model));
        await steps.RunAsync("embeddings", async () =>
        {
            var embedder = OpenAiClient.Make().GetEmbeddingClient("text-embedding-3-small").AsIEmbeddingGenerator();
            Steps.Is((await embedder.GenerateAsync(["a", "b"])).Count, 2, "vectors");
        });
    }

    private static async Task TalkAsync(Steps steps, string over, Func<string, IChatClient> make)
    {
        var client = make(Steps.Key);
        await steps.RunAsync($"{over}: a turn", async () =>
        {
            var answer = await client.GetResponseAsync("hi");
            Steps.Is((answer.Text, answer.Usage?.TotalTokenCount), (Steps.Text, 18L), "answer");
        });
        await steps.RunAsync($"{over}: a stream", async () =>
        {
            var answer = await client.GetStreamingResponseAsync("hi").ToChatResponseAsync();
            Steps.Is((answer.Text, answer.Usage?.TotalTokenCount), (Steps.Text, 18L), "answer");
        });
        await steps.RunAsync($"{over}: a tool is invoked", async () =>
        {
            var asked = "";
            var tool = AIFunctionFactory.Create((string city) => { asked = city; return "sun"; }, "get_weather");
            var answer = await client.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("tool please", new ChatOptions { Tools = [tool] });
            Steps.Is((answer.Text, asked), (Steps.Text, "Paris"), "answer");
        });
        await steps.RunAsync($"{over}: 401", async () => Steps.Is((await Steps.ThrowsAsync<ClientResultException>(() => make(Steps.WrongKey).GetResponseAsync("hi"))).Status, 401, "status"));
    }
}
