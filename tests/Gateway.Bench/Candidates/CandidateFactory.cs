using Gateway.Bench.Processes;
using Gateway.Bench.Stores;

namespace Gateway.Bench.Candidates;

/// <summary>Starts the candidates in front of one mock upstream.</summary>
/// <param name="processes">Owns what is started.</param>
/// <param name="upstreamPort">The mock's port.</param>
/// <param name="folder">Where candidates may write; removed after the run.</param>
internal sealed class CandidateFactory(ProcessGroup processes, int upstreamPort, DirectoryInfo folder)
{
    private static readonly string[] WithoutPrompts = ["--Gateway:PromptLog:Enabled", "false"];

    /// <summary>Nothing but the mock: what the load costs without a proxy.</summary>
    public Candidate Direct() => new(Candidate.Direct, [upstreamPort], Headers: "", Meter: null, IdleMemoryBytes: 0);

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
        new GatewayLauncher(processes, upstreamPort, folder).StartAsync(Candidate.GatewayWithoutPrompts, WithoutPrompts, cancel);

    /// <summary>With hard limits on, counted in its own process, and no prompt log: keys, counts, quotas, ledger and metrics.</summary>
    public Task<Candidate> StartGatewayWithLimitsAsync(CancellationToken cancel) =>
        new GatewayLauncher(processes, upstreamPort, folder).StartLimitedAsync(Candidate.GatewayWithLimits, 1, WithoutPrompts, cancel);

    /// <summary>The same with the prompt log: everything on.</summary>
    public Task<Candidate> StartGatewayWithLimitsAndPromptsAsync(CancellationToken cancel) =>
        new GatewayLauncher(processes, upstreamPort, folder).StartLimitedAsync(Candidate.GatewayWithLimitsAndPrompts, 1, [], cancel);

    /// <summary>With hard limits on, counted in Redis, and no prompt log; null where that is not installed.</summary>
    public async Task<Candidate?> StartGatewayOnRedisAsync(CancellationToken cancel)
    {
        if (await RedisStore.StartAsync(processes, folder, cancel) is not { } redis)
        {
            return null;
        }

        var gateway = await new GatewayLauncher(processes, upstreamPort, folder).StartLimitedAsync(Candidate.GatewayOnRedis, 1, SettingsOf(redis), cancel);
        return gateway with { Stores = new ProcessMeter(redis.ProcessId) };
    }

    /// <summary>Three gateways that share a Redis and a PostgreSQL, without a prompt log, with callers spread over them; null where one of these is not installed.</summary>
    public async Task<Candidate?> StartReplicasAsync(CancellationToken cancel)
    {
        if (await RedisStore.StartAsync(processes, folder, cancel) is not { } redis || await PostgresStore.StartAsync(processes, folder, cancel) is not { } postgres)
        {
            return null;
        }

        string[] settings = [.. SettingsOf(redis), "--Gateway:Database:Provider", "postgres", "--Gateway:Database:ConnectionString", postgres.ConnectionString];
        var gateways = await new GatewayLauncher(processes, upstreamPort, folder).StartLimitedAsync(Candidate.Replicas, 3, settings, cancel);
        // Only now: PostgreSQL has a process for each connection.
        return gateways with { Stores = new ProcessMeter([redis.ProcessId, postgres.ProcessId]) };
    }

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

    private static string[] SettingsOf(RedisStore redis) => [.. WithoutPrompts, "--Gateway:Redis:Configuration", redis.Address];
}
