using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>Something that answers the benchmark's calls: a proxy in front of the mock, or the mock itself.</summary>
/// <param name="Name">What its rows are called.</param>
/// <param name="Ports">Where it listens on loopback; callers are spread over several.</param>
/// <param name="Headers">The header lines its calls need, each ended by CRLF.</param>
/// <param name="Meter">Its own processes; null for the mock itself, which every row pays for.</param>
/// <param name="IdleMemoryBytes">Memory after the start, before the first call.</param>
internal sealed record Candidate(string Name, IReadOnlyList<int> Ports, string Headers, ProcessMeter? Meter, long IdleMemoryBytes)
{
    public const string Direct = "direct";
    public const string RawYarp = "raw YARP";
    public const string Gateway = "gateway";
    public const string GatewayWithoutPrompts = "gateway, prompts off";
    public const string GatewayWithLimits = "gateway, hard limits";
    public const string GatewayWithLimitsAndPrompts = "gateway, hard limits + prompts";
    public const string GatewayOnRedis = "gateway, Redis + limits";
    public const string Replicas = "three replicas";
    public const string Nginx = "nginx";
    public const string Portkey = "Portkey";

    /// <summary>How long a start may go on in the background (caches, first collections) before its memory is read.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    /// <summary>The servers it keeps its counters and its ledger in, where they are processes of their own.</summary>
    public ProcessMeter? Stores { get; init; }

    public static Task<Candidate> SettleAsync(string name, int port, string headers, ChildProcess process, CancellationToken cancel) =>
        SettleAsync(name, [port], headers, [process.Id], cancel);

    public static async Task<Candidate> SettleAsync(string name, IReadOnlyList<int> ports, string headers, IReadOnlyList<int> processes, CancellationToken cancel)
    {
        await Task.Delay(Settling, cancel);
        var meter = new ProcessMeter(processes);
        return new Candidate(name, ports, headers, meter, meter.MemoryBytes());
    }
}
