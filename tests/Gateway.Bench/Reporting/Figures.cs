using System.Globalization;
using Gateway.Bench.Measure;

namespace Gateway.Bench.Reporting;

/// <summary>How figures are written in the tables.</summary>
internal static class Figures
{
    public const string None = "–";

    public const double Kibibyte = 1024;
    public const double Mebibyte = 1024 * 1024;

    public static string Plain(Spread? spread) => spread is null ? None : Rounded(spread.Median);

    public static string Ratio(Spread? spread) => spread is null
        ? None
        : string.Create(CultureInfo.InvariantCulture, $"{spread.Median:0.00}x ({spread.Least:0.00}–{spread.Greatest:0.00})");

    /// <summary>With the range: differences of small figures mean little without it.</summary>
    public static string Added(Spread? spread) => spread is null
        ? None
        : $"{Signed(spread.Median)} ({Signed(spread.Least)} to {Signed(spread.Greatest)})";

    /// <summary>Three digits that count, none after the point from a hundred on.</summary>
    public static string Rounded(double figure) => Math.Abs(figure) switch
    {
        >= 100 => figure.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => figure.ToString("0.0", CultureInfo.InvariantCulture),
        _ => figure.ToString("0.##", CultureInfo.InvariantCulture),
    };

    public static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);

    private static string Signed(double figure) => (figure > 0 ? "+" : "") + Rounded(figure);
}
