using System.Globalization;

namespace Gateway.Bench.Admin;

/// <summary>What a ledger is filled with, or asked, from the command line.</summary>
internal sealed record LedgerOptions(long Rows, string Data, string? Out)
{
    /// <summary>The folder of the PostgreSQL cluster in the data folder.</summary>
    public const string Cluster = "postgres";

    /// <exception cref="ArgumentException">The command line makes no sense.</exception>
    public static LedgerOptions Parse(IReadOnlyList<string> args)
    {
        var options = new LedgerOptions(5_000_000, "", null);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"'{args[i]}' needs a value.");
            options = args[i] switch
            {
                "--rows" when long.TryParse(value, CultureInfo.InvariantCulture, out var rows) && rows is >= 1_000 and <= 100_000_000 => options with { Rows = rows },
                "--rows" => throw new ArgumentException("'--rows' takes a number from 1000 to 100000000."),
                "--data" => options with { Data = Path.GetFullPath(value) },
                "--out" => options with { Out = value },
                var unknown => throw new ArgumentException($"Unknown option '{unknown}'."),
            };
        }

        return options.Data.Length > 0 ? options : throw new ArgumentException("'--data' is needed: the folder of the databases.");
    }
}
