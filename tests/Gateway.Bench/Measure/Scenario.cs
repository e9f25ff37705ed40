using Gateway.Bench.Http;

namespace Gateway.Bench.Measure;

/// <summary>One kind of load.</summary>
/// <param name="Name">What its table is called.</param>
/// <param name="Callers">How many at once.</param>
/// <param name="IsStream">Streamed answers of 64 events.</param>
/// <param name="GapMilliseconds">The pause between two events; 0 for as fast as it goes.</param>
/// <param name="BodyBytes">About how long the call's body is.</param>
internal sealed record Scenario(string Name, int Callers, bool IsStream, int GapMilliseconds, int BodyBytes)
{
    private const int SmallBody = 700;

    public static Scenario PlainOne { get; } = new("plain, 1 caller", 1, IsStream: false, 0, SmallBody);

    public static Scenario PlainEight { get; } = new("plain, 8 callers", 8, IsStream: false, 0, SmallBody);

    public static Scenario PlainMany { get; } = new("plain, 64 callers", 64, IsStream: false, 0, SmallBody);

    public static Scenario LargeBody { get; } = new("plain, 8 callers, 100 KB body", 8, IsStream: false, 0, 100_000);

    public static Scenario StreamOne { get; } = new("streamed, 1 caller", 1, IsStream: true, 0, SmallBody);

    public static Scenario StreamMany { get; } = new("streamed, 64 callers", 64, IsStream: true, 0, SmallBody);

    /// <summary>With pauses as models make them, so that the first event is measured and not those that come behind it on the same cores.</summary>
    public static Scenario PacedOne { get; } = new("one stream at a time, 1 ms between events", 1, IsStream: true, 1, SmallBody);

    public static Scenario SlowStreams { get; } = new("512 slow streams, 20 ms between events", 512, IsStream: true, 20, SmallBody);

    public static IReadOnlyList<Scenario> All { get; } =
        [PlainOne, PlainEight, PlainMany, LargeBody, StreamOne, PacedOne, StreamMany, SlowStreams];

    public int EventsPerAnswer => IsStream ? BenchEvent.PerStream : 0;

    /// <summary>One caller waits most of the time, and the cores would sleep.</summary>
    public bool KeepsCoresAwake => Callers == 1;

    /// <summary>Over what time the callers begin: ten gaps, so that slow streams do not all send in the same instants.</summary>
    public int RampMilliseconds => GapMilliseconds * 10;

    /// <summary>A chat completion as real clients send it. Usage is not asked for: that is where a gateway has the most to do.</summary>
    public string CreateBody()
    {
        const string Start = """{"model":"gpt-4o","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":" """;
        var end = $$""" "}],"temperature":0.7,"max_tokens":256,"metadata":{"bench_gap_ms":"{{GapMilliseconds}}"}{{(IsStream ? ",\"stream\":true" : "")}}}""";
        const string Sentence = "Tell me how a proxy keeps its promises when many callers ask at once. ";
        var sentences = Math.Max(1, (BodyBytes - Start.Length - end.Length) / Sentence.Length);
        return Start + string.Concat(Enumerable.Repeat(Sentence, sentences)) + end;
    }
}
