using System.Net;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Gateway.RealClients;

/// <summary>Semantic Kernel.</summary>
internal static class SemanticKernelClient
{
    public static async Task RunAsync(Steps steps)
    {
        var kernel = Make(Steps.Key);
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        await steps.RunAsync("a turn", async () => Steps.Is((await chat.GetChatMessageContentAsync("hi")).Content, Steps.Text, "text"));
        await steps.RunAsync("a stream", async () =>
        {
            var text = "";
            await foreach (var part in chat.GetStreamingChatMessageContentsAsync("hi"))
            {
                text += part.Content;
            }

            Steps.Is(text, Steps.Text, "text");
        });
        await steps.RunAsync("a function is called", async () =>
        {
            var asked = "";
            kernel.Plugins.AddFromFunctions("weather", [KernelFunctionFactory.CreateFromMethod((string city) => { asked = city; return "sun"; }, "get_weather")]);
            var answer = await chat.GetChatMessageContentAsync("tool please", new OpenAIPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }, kernel);
            Steps.Is((answer.Content, asked), (Steps.Text, "Paris"), "answer");
        });
        await steps.RunAsync("401", async () =>
        {
            var refused = await Steps.ThrowsAsync<HttpOperationException>(() => Make(Steps.WrongKey).GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync("hi"));
            Steps.Is(refused.StatusCode, HttpStatusCode.Unauthorized, "status");
        });
    }

    private static Kernel Make(string key) => Kernel.CreateBuilder().AddOpenAIChatCompletion("gpt-4o", Steps.Base, key).Build();
}
