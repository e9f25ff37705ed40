using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.OpenAi;
using Gateway.Proxy;

namespace Gateway.Bench.Micro;

/// <summary>Step 2 of a call: reading the body's few fields, and planning what changes in it.</summary>
[MemoryDiagnoser]
public class EnvelopeBenchmarks
{
    private readonly byte[] _body = Encoding.UTF8.GetBytes(
        """{"model":"gpt-4o","stream":true,"temperature":0.7,"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"TEXT"}]}"""
            .Replace("TEXT", new string('x', 550), StringComparison.Ordinal));

    private RequestEnvelope? _envelope;

    [GlobalSetup]
    public void Setup() => _envelope = RequestEnvelope.Read(_body, ApiEndpoint.ChatCompletions).TryGet(out var envelope, out _) ? envelope : null;

    [Benchmark]
    public bool Read() => RequestEnvelope.Read(_body, ApiEndpoint.ChatCompletions).TryGet(out _, out _);

    [Benchmark]
    public int Plan() => BodySplice.Plan(_body, _envelope ?? throw new InvalidOperationException("No envelope."), "gpt-4o-2024-11-20", askForUsage: true, [], cap: null).Length;
}
