using System.Globalization;
using Gateway.Bench.Measure;

namespace Gateway.Bench;

/// <summary>What a run does, from its command line.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Gateway.Bench -- [options]
          --quick          two short rounds, at most two minutes; figures only for a first look
          --rounds N       rounds, each measuring everything once (default 5; 1-50)
          --seconds S      seconds of one measurement (default 2.5; 0.2-60)
          --out FILE       where the tables go (default docs/benchmarks.md; nowhere with --quick, --only or --scenario)
          --only A,B       of direct, yarp, gateway, prompts-off, limits, limits-prompts, redis-limits, replicas, nginx, portkey only these
          --scenario A,B   only the loads whose names begin so ("plain, 64" has a comma: write plain/64)
          --portkey DIR    a folder with node_modules/@portkey-ai/gateway, to measure it too
          micro [...]      BenchmarkDotNet on the envelope, the tap and the counter; its own options follow (--filter '*')
          fill --data DIR [--rows N]  a ledger of N calls (default 5,000,000) in SQLite and, where it is installed, in PostgreSQL
          ask --data DIR [--out FILE] how long a gateway over them takes to answer its admin, to show a page of its console, and
                                      to drop a month of prompts
          consoles [--tabs N] [--rate R] [--rounds N] [--seconds S] [--out FILE]    what N open consoles (default 10) cost the
                                      calls, R a second (default 500)
          soak [--minutes N] [--out FILE]     mixed calls at 60 % of what the machine bears (default 30 minutes): what grows
          start [--keys N] [--program FILE] [--out FILE]    from the process's start to ready, over N keys (default 10,000), and a
                                      scrape's time; --program: of a published Gateway.dll instead of this build
        """;

    private const string DefaultOut = "docs/benchmarks.md";

    public int Rounds { get; private init; } = 5;

    public double Seconds { get; private init; } = 2.5;

    /// <summary>The longest that a candidate is warmed up with one kind of load.</summary>
    public double WarmUpSeconds { get; private init; } = 24;

    public string? Out { get; private init; } = DefaultOut;

    public string? PortkeyFolder { get; private init; }

    /// <summary>The command that does the same again, for the report; without folders, which are nobody else's.</summary>
    public string Command { get; private init; } = "";

    private HashSet<string>? Only { get; init; }

    private IReadOnlyList<string>? Scenarios { get; init; }

    public bool Includes(string candidate) => Only?.Contains(candidate) ?? true;

    public bool Includes(Scenario scenario) => Scenarios?.Any(name => scenario.Name.StartsWith(name, StringComparison.Ordinal)) ?? true;

    /// <exception cref="ArgumentException">The command line makes no sense; the message says where.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> args)
    {
        var options = new BenchOptions();
        if (args.Contains("--quick"))
        {
            options = options with { Rounds = 2, Seconds = 1, WarmUpSeconds = 4 };
        }

        string? outFile = null;
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "all" when i == 0 => options,
                "--quick" => options with { Out = null },
                "--rounds" => options with { Rounds = (int)Number(args, ++i, 1, 50) },
                "--seconds" => options with { Seconds = Number(args, ++i, 0.2, 60) },
                "--only" => options with { Only = Value(args, ++i).Split(',').ToHashSet(), Out = null },
                "--scenario" => options with { Scenarios = [.. Value(args, ++i).Split(',').Select(name => name.Replace("/", ", ", StringComparison.Ordinal))], Out = null },
                "--portkey" => options with { PortkeyFolder = Value(args, ++i) },
                "--out" => options with { Out = outFile = Value(args, ++i) },
                var unknown => throw new ArgumentException($"Unknown option '{unknown}'."),
            };
        }

        var shown = args.Select((arg, i) => i > 0 && args[i - 1] is "--portkey" or "--out" ? "…" : arg);
        return options with
        {
            Out = outFile ?? options.Out,
            Command = string.Join(' ', ["dotnet run -c Release --project tests/Gateway.Bench", .. args.Count > 0 ? ["--"] : Array.Empty<string>(), .. shown]),
        };
    }

    private static string Value(IReadOnlyList<string> args, int index) =>
        index < args.Count ? args[index] : throw new ArgumentException($"'{args[index - 1]}' needs a value.");

    private static double Number(IReadOnlyList<string> args, int index, double least, double most) =>
        double.TryParse(Value(args, index), CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new ArgumentException($"'{args[index - 1]}' takes a number from {least} to {most}.");
}
