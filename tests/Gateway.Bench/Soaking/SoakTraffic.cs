using Gateway.Bench.Load;
using Gateway.Bench.Measure;

namespace Gateway.Bench.Soaking;

/// <summary>One kind of call in the mix.</summary>
/// <param name="Name">What its row is called.</param>
/// <param name="Scenario">How the call is made.</param>
/// <param name="Key">Whose it is.</param>
/// <param name="IsDenied">Whether a limit refuses it: part of any day.</param>
internal sealed record SoakTraffic(string Name, Scenario Scenario, string Key, bool IsDenied = false)
{
    /// <param name="limited">A key under hard limits that are never reached.</param>
    /// <param name="free">A key without limits.</param>
    /// <param name="spent">A key whose limit is used up.</param>
    public static IReadOnlyList<SoakTraffic> Mix(string limited, string free, string spent) =>
    [
        new("plain, under hard limits", Scenario.PlainMany with { Callers = 24 }, limited),
        new("plain, without limits", Scenario.PlainMany with { Callers = 8 }, free),
        new("100 KB bodies", Scenario.LargeBody with { Callers = 4 }, limited),
        new("streamed, under hard limits", Scenario.StreamMany with { Callers = 16 }, limited),
        new("slow streams, 20 ms between events", Scenario.SlowStreams with { Callers = 100 }, free),
        new("denied by a limit", Scenario.PlainOne with { Callers = 2 }, spent, IsDenied: true),
    ];

    /// <param name="port">The gateway's.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="callsPerSecond">0 for as many as there is time for.</param>
    public LoadJob Job(int port, double seconds, double callsPerSecond) => new(
        [port], $"Authorization: Bearer {Key}\r\n", Scenario.CreateBody(), Scenario.Callers, seconds, Scenario.RampMilliseconds, IsDenied ? 0 : Scenario.EventsPerAnswer, callsPerSecond);
}
