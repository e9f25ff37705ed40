using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.OpenAi;

namespace Gateway.Bench.Micro;

/// <summary>Step 5 of a call, for each event of a stream: 64 events of about 200 bytes, each in a read of its own.</summary>
[MemoryDiagnoser]
public class TapBenchmarks
{
    private const int Events = 64;

    private readonly byte[] _event = Encoding.UTF8.GetBytes(
        """data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1731000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n");

    private readonly byte[] _buffer = new byte[4096];

    /// <summary>Whether the usage-only chunk has to be left out, so that bytes may have to be held.</summary>
    [Params(false, true)]
    public bool LeaveOut { get; set; }

    [Benchmark(OperationsPerInvoke = Events)]
    public int Pass()
    {
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, LeaveOut, UsagePaths.Default, static (_, _, _) => { });
        var passed = 0;
        for (var i = 0; i < Events; i++)
        {
            _event.CopyTo(_buffer, 0);
            passed += reader.Pass(_buffer, _event.Length);
        }

        return passed;
    }
}
