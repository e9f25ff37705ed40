using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Gateway.Bench.Load;

/// <summary>The process that loads: takes jobs as lines of JSON on its input, answers each with a line of figures.</summary>
internal static class LoadGenerator
{
    /// <summary>How long calls under way may take after the last one began.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync()
    {
        while (await System.Console.In.ReadLineAsync() is { } line)
        {
            var job = JsonSerializer.Deserialize<LoadJob>(line) ?? throw new InvalidDataException("A job is null.");
            await System.Console.Out.WriteLineAsync(JsonSerializer.Serialize(await RunAsync(job)));
        }

        return 0;
    }

    private static async Task<LoadResult> RunAsync(LoadJob job)
    {
        var duration = TimeSpan.FromSeconds(job.Seconds);
        using var limit = new CancellationTokenSource(duration + Patience);
        var tally = new LoadTally();
        var call = CreateCall(job);
        var began = Stopwatch.GetTimestamp();
        var lastBegin = began + (long)(job.Seconds * Stopwatch.Frequency);

        var callers = new Task[job.Callers];
        for (var i = 0; i < job.Callers; i++)
        {
            var beginsAfter = TimeSpan.FromMilliseconds((double)job.RampMilliseconds * i / job.Callers);
            callers[i] = new Caller(job, job.Ports[i % job.Ports.Count], call, tally).RunAsync(beginsAfter, lastBegin, limit.Token);
        }

        await Task.WhenAll(callers);
        return tally.ToResult(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static byte[] CreateCall(LoadJob job) => Encoding.UTF8.GetBytes(
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{job.Ports[0]}\r\nUser-Agent: gateway-bench\r\nAccept: */*\r\n"
        + $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(job.Body)}\r\n{job.Headers}\r\n{job.Body}");
}
