using System.Collections.Concurrent;
using Gateway.Tokens;
using Gateway.UnitTests.Tokens;
using SharpToken;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedCounter))]

namespace Gateway.UnitTests.Tokens;

/// <summary>One counter for all tests that only count: loading a vocabulary takes a second.</summary>
public sealed class SharedCounter : IDisposable
{
    private static readonly ConcurrentDictionary<string, Lazy<GptEncoding>> Encodings = new();

    private readonly Lazy<TokenCounter> _counter = new(() => new TokenCounter(TokenLimits.Default, Load));

    internal TokenCounter Counter => _counter.Value;

    internal PromptCounter Prompts => new(Counter);

    /// <summary>Counts on the test's own thread.</summary>
    internal static TokenTally Tally(string vocabulary, TokenLimits limits, CancellationToken cancel) =>
        new(Load(vocabulary), limits, new RunBudget(limits.MaxRunWork), cancel);

    /// <summary>SharpToken keeps the ranks, but builds the table back from them anew each time.</summary>
    internal static GptEncoding Load(string vocabulary) =>
        Encodings.GetOrAdd(vocabulary, name => new Lazy<GptEncoding>(() => GptEncoding.GetEncoding(name))).Value;

    /// <summary>What SharpToken itself counts, of the whole text at once.</summary>
    internal static int Whole(string vocabulary, ReadOnlySpan<char> text) => Load(vocabulary).CountTokens(text, null, new HashSet<string>());

    public void Dispose()
    {
        if (_counter.IsValueCreated)
        {
            _counter.Value.Dispose();
        }
    }
}
