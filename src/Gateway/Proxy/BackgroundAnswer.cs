using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>How far a response has come.</summary>
/// <param name="Usage">What it used, once that is known.</param>
/// <param name="Progress">The provider's word.</param>
internal sealed record BackgroundAnswer(TokenUsage? Usage, string? Progress);
