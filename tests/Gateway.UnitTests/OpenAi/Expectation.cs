using Gateway.OpenAi;

namespace Gateway.UnitTests.OpenAi;

/// <summary>What is to be found in a recorded stream; usage as input, output, cached and reasoning tokens.</summary>
internal sealed record Expectation(long[]? Usage, Dictionary<string, string> Text, bool Done, bool Error, bool FinishReason)
{
    public TokenUsage? TokenUsage => Usage is null ? null : new TokenUsage(Usage[0], Usage[1], Usage[2], Usage[3]);
}
