using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>A response that is being made while nobody waits for it, and the call that began it.</summary>
/// <param name="Call">The call, which keeps its reservation.</param>
/// <param name="Target">Where it went.</param>
/// <param name="Prompt">What is charged where it ends without a usage.</param>
internal sealed record FollowedResponse(CallRecord Call, ModelTarget Target, TokenUsage Prompt)
{
    /// <summary>Ends when nobody watches it any more.</summary>
    public Task Watching { get; set; } = Task.CompletedTask;

    public void Settle(TokenUsage? usage) => Call.Settle(usage ?? Prompt, usage is null ? TokenSource.Counted : TokenSource.Provider, Target.Price);
}
