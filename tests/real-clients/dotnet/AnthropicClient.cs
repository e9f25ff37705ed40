using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace Gateway.RealClients;

/// <summary>Anthropic's own SDK.</summary>
internal static class AnthropicClient
{
    public static async Task RunAsync(Steps steps)
    {
        await steps.RunAsync("a message", async () =>
        {
            var answer = await Make().Messages.Create(Ask("hi"));
            Steps.Is((TextOf(answer), answer.Usage.InputTokens, answer.Usage.OutputTokens), (Steps.Text, 5, 7), "answer");
        });
        await steps.RunAsync("a message in a stream", async () =>
        {
            var text = "";
            var stopped = false;
            await foreach (var part in Make().Messages.CreateStreaming(Ask("hi")))
            {
                text += part.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece) ? piece.Text : "";
                stopped |= part.TryPickStop(out _);
            }

            Steps.Is((text, stopped), (Steps.Text, true), "answer");
        });
        await steps.RunAsync("401", () => Steps.ThrowsAsync<AnthropicUnauthorizedException>(() => Make(Steps.WrongKey).Messages.Create(Ask("hi"))));
        await steps.RunAsync("429", () => Steps.ThrowsAsync<AnthropicRateLimitException>(() => Make().Messages.Create(Ask("always 429"))));
        await steps.RunAsync("a refusal that passes is retried", async () => Steps.Is(TextOf(await Make(retries: 2).Messages.Create(Ask(Steps.FailOnce()))), Steps.Text, "text"));
        await steps.RunAsync("leaving a stream cancels it upstream", () => Steps.LeavesAsync(async () =>
        {
            await foreach (var part in Make().Messages.CreateStreaming(Ask("endless")))
            {
                if (part.TryPickContentBlockDelta(out _))
                {
                    return;
                }
            }
        }));
    }

    private static Anthropic.AnthropicClient Make(string? key = null, int retries = 0) => new() { ApiKey = key ?? Steps.Key, BaseUrl = Steps.Root.ToString(), MaxRetries = retries };

    private static MessageCreateParams Ask(string text) => new() { MaxTokens = 100, Model = "claude-sonnet", Messages = [new UserMessageParam(text)] };

    private static string? TextOf(Message answer) => answer.Content[0].TryPickText(out var block) ? block.Text : null;
}
