using System.Text.Json;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Load;

/// <summary>The benchmark's end of the load generator. One process for the whole run, so that only the first job is run cold.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private readonly ChildProcess _process = ChildProcess.StartSelf(["load"], InlineSockets.Environment, readsOutput: true);

    public int ProcessId => _process.Id;

    public async Task<LoadResult> RunAsync(LoadJob job, CancellationToken cancel)
    {
        await _process.Input.WriteLineAsync(JsonSerializer.Serialize(job).AsMemory(), cancel);
        await _process.Input.FlushAsync(cancel);
        var line = await _process.Output.ReadLineAsync(cancel) ?? throw _process.Failure("ended");
        return JsonSerializer.Deserialize<LoadResult>(line) ?? throw new InvalidDataException("The figures are null.");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
