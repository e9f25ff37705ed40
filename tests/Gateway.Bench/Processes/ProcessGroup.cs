namespace Gateway.Bench.Processes;

/// <summary>Owns every process that was started, from its first moment, so that none outlives a start that failed halfway.</summary>
internal sealed class ProcessGroup : IAsyncDisposable
{
    private readonly Stack<ChildProcess> _processes = new();

    public ChildProcess Add(ChildProcess process)
    {
        _processes.Push(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        while (_processes.TryPop(out var process))
        {
            await process.DisposeAsync();
        }
    }
}
