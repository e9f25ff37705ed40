using System.Globalization;

namespace Gateway.Bench.Starting;

/// <summary>What is started, from the command line.</summary>
internal sealed record StartOptions(int Keys, string? Program, string? Out)
{
    /// <exception cref="ArgumentException">The command line makes no sense.</exception>
    public static StartOptions Parse(IReadOnlyList<string> args)
    {
        var options = new StartOptions(10_000, null, null);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"'{args[i]}' needs a value.");
            options = args[i] switch
            {
                "--keys" when int.TryParse(value, CultureInfo.InvariantCulture, out var keys) && keys is >= 0 and <= 1_000_000 => options with { Keys = keys },
                "--keys" => throw new ArgumentException("'--keys' takes a number from 0 to 1000000."),
                "--program" => options with { Program = Path.GetFullPath(value) },
                "--out" => options with { Out = value },
                var unknown => throw new ArgumentException($"Unknown option '{unknown}'."),
            };
        }

        return options;
    }
}
