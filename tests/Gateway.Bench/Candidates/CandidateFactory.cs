using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>Starts the candidates in front of one mock upstream.</summary>
/// <param name="processes">Owns what is started.</param>
/// <param name="upstreamPort">The mock's port.</param>
/// <param name="folder">Where candidates may write; removed after the run.</param>
internal sealed class CandidateFactory(ProcessGroup processes, int upstreamPort, DirectoryInfo folder)
{
    /// <summary>Nothing but the mock: what the load costs without a proxy.</summary>
    public Candidate Direct() => new(Candidate.Direct, upstreamPort, Headers: "", Meter: null, IdleMemoryBytes: 0);

    public async Task<Candidate> StartRawYarpAsync(CancellationToken cancel)
    {
        var port = FreePort.Pick();
        var process = processes.Add(ChildProcess.StartSelf(["yarp", $"{port}", $"http://127.0.0.1:{upstreamPort}"]));
        await process.WaitForPortAsync(port, cancel);
        return await Candidate.SettleAsync(Candidate.RawYarp, port, headers: "", process, cancel);
    }

    public Task<Candidate> StartGatewayAsync(CancellationToken cancel) =>
        new GatewayLauncher(processes, upstreamPort, folder).StartAsync(Candidate.Gateway, [], cancel);

    /// <summary>The same without its prompt log: what that costs.</summary>
    public Task<Candidate> StartGatewayWithoutPromptsAsync(CancellationToken cancel) =>
        new GatewayLauncher(processes, upstreamPort, folder).StartAsync(Candidate.GatewayWithoutPrompts, ["--Gateway:PromptLog:Enabled", "false"], cancel);

    /// <summary>Null where nginx is not installed.</summary>
    public async Task<Candidate?> StartNginxAsync(CancellationToken cancel)
    {
        if (Nginx.Find() is not { } program)
        {
            return null;
        }

        var port = FreePort.Pick();
        var process = processes.Add(Nginx.Start(program, port, upstreamPort, folder));
        await process.WaitForPortAsync(port, cancel);
        return await Candidate.SettleAsync(Candidate.Nginx, port, headers: "", process, cancel);
    }

    /// <param name="packages">A folder whose node_modules holds @portkey-ai/gateway.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Candidate> StartPortkeyAsync(string packages, CancellationToken cancel)
    {
        var port = FreePort.Pick();
        var process = processes.Add(Portkey.Start(packages, port));
        await process.WaitForPortAsync(port, cancel);
        return await Candidate.SettleAsync(Candidate.Portkey, port, Portkey.Headers(upstreamPort), process, cancel);
    }
}
