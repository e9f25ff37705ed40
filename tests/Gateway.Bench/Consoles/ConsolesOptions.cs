using System.Globalization;

namespace Gateway.Bench.Consoles;

/// <summary>How open consoles are measured, from the command line.</summary>
internal sealed record ConsolesOptions(int Tabs, double Rate, int Rounds, double Seconds, string? Out)
{
    /// <exception cref="ArgumentException">The command line makes no sense.</exception>
    public static ConsolesOptions Parse(IReadOnlyList<string> args)
    {
        var options = new ConsolesOptions(10, 500, 5, 15, null);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"'{args[i]}' needs a value.");
            options = args[i] switch
            {
                "--tabs" => options with { Tabs = (int)Number(args[i], value, 1, 50) },
                "--rate" => options with { Rate = Number(args[i], value, 1, 20_000) },
                "--rounds" => options with { Rounds = (int)Number(args[i], value, 1, 50) },
                "--seconds" => options with { Seconds = Number(args[i], value, 1, 600) },
                "--out" => options with { Out = value },
                var unknown => throw new ArgumentException($"Unknown option '{unknown}'."),
            };
        }

        return options;
    }

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new ArgumentException($"'{name}' takes a number from {least} to {most}.");
}
