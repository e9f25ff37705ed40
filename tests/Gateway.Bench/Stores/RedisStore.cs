using Gateway.Bench.Processes;

namespace Gateway.Bench.Stores;

/// <summary>A redis-server on a port of its own, without persistence: the gateway needs none.</summary>
/// <param name="Port">Where it listens on loopback.</param>
/// <param name="ProcessId">Its process.</param>
internal sealed record RedisStore(int Port, int ProcessId)
{
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Null where redis-server is not installed.</summary>
    public static async Task<RedisStore?> StartAsync(ProcessGroup processes, DirectoryInfo folder, CancellationToken cancel)
    {
        if (Programs.Find("redis-server") is not { } program)
        {
            return null;
        }

        var port = FreePort.Pick();
        var home = folder.CreateSubdirectory($"redis-{port}").FullName;
        var process = processes.Add(ChildProcess.Start(
            "redis-server", program, ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", home, "--save", "", "--appendonly", "no"], home));
        await process.WaitForPortAsync(port, cancel);
        return new RedisStore(port, process.Id);
    }
}
