using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.Tokens;

namespace Gateway.Bench.Micro;

/// <summary>Step 6 of a call whose provider reports nothing: an exact count, on the counter's own threads.</summary>
[MemoryDiagnoser]
public class CounterBenchmarks : IDisposable
{
    private readonly TokenCounter _counter = new();

    private byte[] _text = [];

    /// <summary>The text's length, in bytes.</summary>
    [Params(200, 4096, 102_400)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        const string Prose = "The quick brown fox jumps over the lazy dog, and then it sleeps in the sun until evening comes. ";
        _text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Prose, (Bytes / Prose.Length) + 1)))[..Bytes];
        await CountAsync();
    }

    [Benchmark]
    public async Task<long> CountAsync() => (await _counter.CountAsync(_text, TokenEncodings.O200kBase, CancellationToken.None)).Tokens;

    [GlobalCleanup]
    public void Dispose()
    {
        _counter.Dispose();
        GC.SuppressFinalize(this);
    }
}
