using System.Globalization;

namespace Gateway.Bench.Soaking;

/// <summary>What a soak does, from its command line.</summary>
internal sealed record SoakOptions(double Minutes, string? Out)
{
    /// <exception cref="ArgumentException">The command line makes no sense.</exception>
    public static SoakOptions Parse(IReadOnlyList<string> args)
    {
        var options = new SoakOptions(30, null);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"'{args[i]}' needs a value.");
            options = args[i] switch
            {
                "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes) && minutes is >= 1 and <= 1440 => options with { Minutes = minutes },
                "--minutes" => throw new ArgumentException("'--minutes' takes a number from 1 to 1440."),
                "--out" => options with { Out = value },
                var unknown => throw new ArgumentException($"Unknown option '{unknown}'."),
            };
        }

        return options;
    }
}
