using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>Something that answers the benchmark's calls: a proxy in front of the mock, or the mock itself.</summary>
/// <param name="Name">What its rows are called.</param>
/// <param name="Port">Where it listens on loopback.</param>
/// <param name="Headers">The header lines its calls need, each ended by CRLF.</param>
/// <param name="Meter">Its own processes; null for the mock itself, which every row pays for.</param>
/// <param name="IdleMemoryBytes">Memory after the start, before the first call.</param>
internal sealed record Candidate(string Name, int Port, string Headers, ProcessMeter? Meter, long IdleMemoryBytes)
{
    public const string Direct = "direct";
    public const string RawYarp = "raw YARP";
    public const string Gateway = "gateway";
    public const string GatewayWithoutPrompts = "gateway, prompts off";
    public const string Nginx = "nginx";
    public const string Portkey = "Portkey";

    /// <summary>How long a start may go on in the background (caches, first collections) before its memory is read.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public static async Task<Candidate> SettleAsync(string name, int port, string headers, ChildProcess process, CancellationToken cancel)
    {
        await Task.Delay(Settling, cancel);
        var meter = new ProcessMeter(process.Id);
        return new Candidate(name, port, headers, meter, meter.MemoryBytes());
    }
}
